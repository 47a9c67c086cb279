/**
 * The configuration that an example runs: a copy of its homeostat.yaml in its data folder, because settings that are changed on the page are
 * written into the file. A copy that is there stays. `node examples/shared/own-copy.mjs FROM TO` does the same in containers.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An address other than loopback needs tokens; a file cannot say that it has some only then, so the copy does. */
const TOKENS = `server:
  tokens: [{ name: operator, role: operator, token_file: '\${HOMEOSTAT_TOKEN_FILE}' }]
`;

/**
 * Answers true when the copy was made now. With HOMEOSTAT_TOKEN_FILE in the environment the copy asks for that token.
 * @param {string} from
 * @param {string} to
 */
export function ownCopy(from, to, env = process.env) {
  if (existsSync(to)) return false;
  mkdirSync(dirname(to), { recursive: true });
  if (env.HOMEOSTAT_TOKEN_FILE) writeFileSync(to, readFileSync(from, 'utf8').replace(/^server:\n/m, TOKENS));
  else copyFileSync(from, to);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [from, to] = process.argv.slice(2);
  console.log(ownCopy(from, to) ? `Wrote ${to}.` : `${to} is there and stays.`);
}
