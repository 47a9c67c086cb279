/** `homeostat set`: changes settings of a running pipeline through its server, shows them, takes the last change back. */
import { parseDocument, stringify } from 'yaml';
import type { Page, SettingsApplied, SettingsPreview, SettingsRevision, SettingsView } from '../../core/api.ts';
import type { JsonValue } from '../../core/contracts.ts';
import { HomeostatError } from '../../core/errors.ts';
import { Client } from '../client.ts';
import { EXIT } from '../exit.ts';
import { coloursFor, type Colours } from '../terminal.ts';
import { printable, shortTime } from '../text.ts';

interface SetOptions {
  url: string;
  json?: boolean;
  preview?: boolean;
  undo?: boolean;
  redo?: boolean;
  revisions?: boolean;
}

/** Answers the exit code: 78 where the configuration would not be valid. */
export async function set(pipeline: string, given: readonly string[], options: SetOptions): Promise<number> {
  const client = new Client(options.url, process.env['HOMEOSTAT_TOKEN']);
  const at = `pipelines/${encodeURIComponent(pipeline)}/settings`;
  const colours = coloursFor(process.stdout, process.env);
  const { json = false, undo, redo, revisions } = options;
  const alone = undo || redo || revisions;
  if (alone && given.length > 0) throw invalid('changes cannot be given together with --undo, --redo or --revisions');
  if (revisions) {
    const { items } = await client.get<Page<SettingsRevision>>(`${at}/revisions`);
    return print(items, json, () => items.map((one) => revisionText(one, colours)).join('') || 'Nothing was changed yet.\n');
  }
  if (undo || redo) {
    const applied = await client.post<SettingsApplied>(`${at}/${undo ? 'undo' : 'redo'}`, {});
    return print(applied, json, () => appliedText(applied, colours));
  }
  if (given.length === 0) {
    const view = await client.get<SettingsView>(at);
    return print(view, json, () => viewText(view, colours));
  }
  const changes = changesOf(given);
  if (options.preview) return preview(client, at, changes, json, colours);
  const { revision } = await client.get<SettingsView>(at);
  const applied = await client.put<SettingsApplied>(at, { changes }, revision);
  return print(applied, json, () => appliedText(applied, colours));
}

async function preview(client: Client, at: string, changes: Record<string, JsonValue>, json: boolean, colours: Colours): Promise<number> {
  const found = await client.post<SettingsPreview>(`${at}/preview`, { changes });
  if (json) print(found, true, () => '');
  else {
    process.stdout.write(coloured(found.diff, colours) || (found.problems.length > 0 ? '' : 'Nothing would change.\n'));
    for (const { code, message, mend } of found.problems) process.stderr.write(`${colours.red(code)} ${printable(message)}\n  ${printable(mend)}\n`);
    if (found.problems.length === 0 && found.diff !== '') process.stdout.write(`\n${warmUpText(found.warmsUp)}\n`);
  }
  return found.problems.length > 0 ? EXIT.configuration : EXIT.ok;
}

function warmUpText(keys: readonly string[]): string {
  return keys.length === 0 ? 'What the detector has learnt is kept.' : `Every series warms up again (${keys.join(', ')}).`;
}

/** Throws OPTION_INVALID. */
function changesOf(given: readonly string[]): Record<string, JsonValue> {
  return Object.fromEntries(
    given.map((text): [string, JsonValue] => {
      const at = text.indexOf('=');
      if (at < 1) throw invalid(`"${text}" is no KEY=VALUE, such as detect.detector.ema.span=40`);
      const document = parseDocument(text.slice(at + 1));
      if (document.errors.length > 0) throw invalid(`the value of ${text.slice(0, at)} is no YAML: ${document.errors[0].message}`);
      return [text.slice(0, at).trim(), (document.toJS() as JsonValue | undefined) ?? null];
    }),
  );
}

const invalid = (detail: string): HomeostatError => new HomeostatError('OPTION_INVALID', { detail });

function print(value: unknown, json: boolean, text: () => string): number {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : text());
  return EXIT.ok;
}

function viewText({ pipeline, file, state, reason, config, epoch, options }: SettingsView, colours: Colours): string {
  const head = `${colours.bold(printable(pipeline))}  ${file === '' ? '' : `${printable(file)}, `}configuration ${config} since checkpoint ${epoch}\n`;
  const width = Math.max(...options.map(({ key }) => key.length));
  const lines = options.map(({ key, value, written, warmsUp }) => {
    const shown = value === null ? '-' : oneLine(value);
    const from = written === null ? colours.dim(' (default)') : '';
    return `  ${key.padEnd(width)}  ${printable(shown)}${from}${warmsUp ? colours.dim(' · a change warms up again') : ''}\n`;
  });
  return head + lines.join('') + (state === 'ready' ? '' : `\n${colours.yellow(printable(reason))}\n`);
}

function oneLine(value: JsonValue): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

function appliedText({ revision, epoch, config, diff }: SettingsApplied, colours: Colours): string {
  if (revision === null) return 'Nothing changed: it is so already.\n';
  const since = epoch === null ? 'takes force as soon as the engine comes to it' : `in force since checkpoint ${epoch}`;
  return `${coloured(diff, colours)}\n${printable(revision.what)}\n${since}, configuration ${config}; --undo takes it back\n`;
}

function revisionText({ id, at, by, what }: SettingsRevision, colours: Colours): string {
  return `${colours.bold(String(id).padStart(3))}  ${shortTime(at)}  ${printable(by)}  ${printable(what)}\n`;
}

function coloured(diff: string, { red, green, cyan }: Colours): string {
  return diff
    .split('\n')
    .map((line) =>
      line.startsWith('+')
        ? green(printable(line))
        : line.startsWith('-')
          ? red(printable(line))
          : line.startsWith('@')
            ? cyan(printable(line))
            : printable(line),
    )
    .join('\n');
}
