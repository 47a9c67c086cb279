/** What is wrong with a configuration file, all of it at once. */
import type { LineCounter } from 'yaml';
import { HomeostatError, type ErrorCode } from '../../core/errors.ts';

type ConfigCode = 'CONFIG_SYNTAX' | 'CONFIG_UNKNOWN_KEY' | 'CONFIG_INVALID' | 'CONFIG_MISSING_ENV';
type Details = Record<string, string | number>;

/** Everything that is wrong with one file, in the order of its lines; `code` is that of the first. */
export class ConfigErrors extends HomeostatError {
  readonly errors: readonly HomeostatError[];

  constructor(errors: readonly { code: ErrorCode; details: Details }[]) {
    super(errors[0].code, errors[0].details);
    this.name = 'ConfigErrors';
    this.errors = errors.map(({ code, details }) => new HomeostatError(code, details));
    this.message = this.errors.map((error) => error.message).join('\n');
  }
}

/** Collects problems while a file is being read. */
export class Problems {
  readonly file: string;
  readonly #lines: LineCounter;
  #found: { code: ConfigCode; offset: number; details: Details }[] = [];

  constructor(file: string, lines: LineCounter) {
    this.file = file;
    this.#lines = lines;
  }

  get count(): number {
    return this.#found.length;
  }

  add(code: ConfigCode, offset: number, details: Details): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#found.push({ code, offset, details: { file: this.file, line: Math.max(1, line), column: Math.max(1, col), ...details } });
  }

  invalid(offset: number, where: string, detail: string): void {
    this.add('CONFIG_INVALID', offset, { where: where === '' ? 'the file' : where, detail });
  }

  /** Forgets what was found since `count` was what is given; answers what was forgotten. */
  rewind(count: number): Problems['found'] {
    return this.#found.splice(count);
  }

  /** Puts back what `rewind` answered. */
  restore(found: Problems['found']): void {
    this.#found.push(...found);
  }

  get found(): { code: ConfigCode; offset: number; details: Details }[] {
    return this.#found;
  }

  throwIfAny(): void {
    if (this.#found.length > 0) throw new ConfigErrors(this.#found.toSorted((a, b) => a.offset - b.offset));
  }
}
