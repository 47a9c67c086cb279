/** Habits that no other tool holds: complains about each place that breaks one. Lengths of files and functions are rules of the linter. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { at, filesBelow, root, shown } from './lib/project.mjs';

const isTest = (file) => /\.test\.tsx?$/.test(file);
const isCode = (file) => /\.(ts|tsx|mjs)$/.test(file);
const isText = (file) => /\.(ts|tsx|mjs|md|json|yaml|yml|html|css)$|^\.ci\/run$/.test(file);
const isOwn = (file) => file === 'scripts/tidy.mjs' || file === 'package-lock.json' || file === 'oxlint.config.mjs';

/** Rules by line: what they look at, what breaks them, and why that is refused. */
const lineRules = [
  { files: isText, breaks: /\b(TODO|FIXME|XXX)\b/, why: 'finish it or leave it out' },
  {
    files: isTest,
    breaks: /\b(it|test|describe|suite)(\.\w+)*\.(only|skip|todo)\b(?!If)/,
    why: 'a test that does not run holds nothing; use skipIf with the reason',
  },
  { files: isTest, breaks: /await\s+(sleep|wait|delay|setTimeout)\(\s*[\d_]+/, why: 'await the condition, not a time' },
  { files: isTest, breaks: /new Promise(<\w+>)?\(\(?\w+\)?\s*=>\s*setTimeout\(\w+,\s*[\d_]+\)/, why: 'await the condition, not a time' },
  { files: isText, breaks: /(^|[\s'"`(=:])\/(work|root|home|Users)\/[\w.-]/, why: 'a path of one machine' },
  { files: isCode, breaks: /\bconsole\.log\(.*\bdebug\b/i, why: 'left over from looking for a mistake' },
];

function brokenLines(file, text) {
  const rules = lineRules.filter((rule) => rule.files(file));
  return text.split('\n').flatMap((line, i) => rules.filter((rule) => rule.breaks.test(line)).map((rule) => `${file}:${i + 1}: ${rule.why}: ${line.trim()}`));
}

/** The anchors that headings of a Markdown text make, as GitHub makes them. */
function anchors(text) {
  const headings = text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#+\s+(.*)$/gm);
  return new Set(
    Array.from(headings, ([, title]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

function brokenLinks(file, text) {
  const links = text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g);
  const complaints = [];
  for (const [, link] of links) {
    if (/^[a-z]+:/.test(link)) continue;
    const [path, anchor] = link.split('#');
    const target = path === '' ? at(file) : join(root, dirname(file), path);
    if (!existsSync(target)) complaints.push(`${file}: the link ${link} leads nowhere`);
    else if (anchor && target.endsWith('.md') && !anchors(readFileSync(target, 'utf8')).has(anchor))
      complaints.push(`${file}: there is no heading for ${link}`);
  }
  return complaints;
}

function missingFiles() {
  const needed = ['LICENSE', 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/architecture.md', 'docs/errors.md'];
  const connectors = readdirSync(at('src/connectors'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  needed.push(...connectors.map((entry) => `src/connectors/${entry.name}/README.md`));
  return needed.filter((file) => !existsSync(at(file))).map((file) => `${file} is missing`);
}

/** What git knows or would add; every file where there is no git. */
function projectFiles() {
  try {
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return listed.split('\n');
  } catch {
    return filesBelow(root).map(shown);
  }
}

const files = projectFiles().filter((file) => isText(file) && !isOwn(file) && existsSync(at(file)));

const complaints = missingFiles();
for (const file of files) {
  const text = readFileSync(at(file), 'utf8');
  complaints.push(...brokenLines(file, text));
  if (file.endsWith('.md')) complaints.push(...brokenLinks(file, text));
}
for (const complaint of complaints) console.log(complaint);
console.log(complaints.length === 0 ? `${files.length} files are tidy` : `${complaints.length} complaints`);
process.exitCode = complaints.length === 0 ? 0 : 1;
