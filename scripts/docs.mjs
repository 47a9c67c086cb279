/**
 * Writes what is generated of the documentation from the built program: docs/errors.md and docs/reference/.
 * `--check` writes nothing and fails when a file is not what would be written.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { configurationPage, componentPage, indexPage } from './lib/reference.mjs';
import { at, filesBelow, shown } from './lib/project.mjs';

const load = (path) => import(pathToFileURL(at('dist', path)).href);

/** Every list of components, in the order in which a record meets them; `key` is where one stands in a pipeline. */
const rooms = [
  { kind: 'source', name: 'sources', title: 'Sources', key: 'source', intro: 'Where records come from.' },
  { kind: 'format', name: 'formats', title: 'Formats', key: 'format', intro: 'How bytes become events.' },
  { kind: 'detector', name: 'detectors', title: 'Detectors', key: 'detect.detector', intro: 'How unusual an event is: the score.' },
  { kind: 'threshold', name: 'thresholds', title: 'Thresholds', key: 'detect.threshold', intro: 'From which score on an event is anomalous.' },
  { kind: 'judge', name: 'judges', title: 'Judges', key: 'judge', intro: 'How odd a session of log lines is: the score.' },
  { kind: 'notifier', name: 'notifiers', title: 'Notifiers', key: 'notify', intro: 'Who hears of incidents.' },
  { kind: 'action', name: 'actions', title: 'Actions', key: 'actions', intro: 'What is done about incidents.' },
  { kind: 'sink', name: 'sinks', title: 'Sinks', key: 'sinks', intro: 'Where verdicts go.' },
];

function errorsPage(errors) {
  const lines = ['# Errors', '', 'Every error that Homeostat shows has one of these codes. Words in braces are filled in with what it is about.', ''];
  for (const [code, { what, means, mend, retried }] of Object.entries(errors).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(
      `## ${code}`,
      '',
      `**${what}**`,
      '',
      `${means}`,
      '',
      `What to do: ${mend}`,
      '',
      retried ? 'It is tried again by itself.' : 'It is not tried again by itself.',
      '',
    );
  }
  return lines.join('\n');
}

/** Path and text of every generated file. */
async function generated() {
  const { registry: components } = await load('pipeline/registry.js');
  const registry = { ...components, server: (await load('server/options.js')).serverOptions };
  const { configSchema } = await load('pipeline/config/index.js');
  const { fileSchema } = await load('pipeline/config/schema.js');
  const texts = new Map();
  texts.set('docs/errors.md', errorsPage((await load('core/errors.js')).ERRORS));
  for (const room of rooms) texts.set(`docs/reference/${room.name}.md`, componentPage(room, registry[room.name]));
  texts.set('docs/reference/homeostat.schema.json', `${JSON.stringify(configSchema(registry), null, 2)}\n`);
  texts.set('docs/reference/configuration.md', configurationPage(fileSchema(registry), rooms));
  texts.set('docs/reference/cli.md', (await load('cli/reference.js')).cliReference());
  texts.set('docs/reference/README.md', indexPage(rooms, registry));
  return texts;
}

const pages = await generated();
const present = filesBelow(at('docs', 'reference')).map(shown);
const stale = present.filter((path) => !pages.has(path));
const different = [...pages].filter(([path, text]) => !existsSync(at(path)) || readFileSync(at(path), 'utf8') !== text).map(([path]) => path);

if (process.argv.includes('--check')) {
  for (const path of [...different, ...stale]) console.log(`${path} is not what the program says: run \`node scripts/docs.mjs\``);
  process.exitCode = different.length + stale.length > 0 ? 1 : 0;
} else {
  for (const path of different) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), pages.get(path));
    console.log(`Wrote ${path}`);
  }
  for (const path of stale) {
    rmSync(at(path));
    console.log(`Removed ${path}`);
  }
}
