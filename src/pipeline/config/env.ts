/** `${NAME}` and `${NAME:-default}` in the values of a configuration; `$${` stands for a plain `${`. */

const REFERENCE = /\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substituted {
  text: string;
  /** True when the text held a reference, so that its value came from outside the file. */
  changed: boolean;
  /** Names that are not set and have no default. */
  missing: string[];
}

/** Puts in what the environment says. A variable that is set but empty counts as not set where there is a default. */
export function substitute(text: string, env: Environment): Substituted {
  const missing: string[] = [];
  let changed = false;
  const filled = text.replace(REFERENCE, (whole: string, escaped: string | undefined, name: string, fallback: string | undefined) => {
    if (escaped !== undefined) return whole.slice(1);
    changed = true;
    const value = env[name];
    if (fallback !== undefined && (value === undefined || value === '')) return fallback;
    if (value === undefined) missing.push(name);
    return value ?? '';
  });
  return { text: filled, changed, missing };
}

/** The text that `substitute` turns into the one given: references in it are not references. */
export function withoutReferences(text: string): string {
  return text.replace(/\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}/g, (reference) => `$${reference}`);
}
