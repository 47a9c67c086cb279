/** What was found out about logs as one HTML file that needs nothing but itself, not even a script. */
import type { LogModel, LogScores, LogSessionDetail, LogTemplate } from '../../core/log-api.ts';
import { escaped } from '../markup.ts';
import { count, grouped, percent, shortDuration, shortNumber, shortSize, shortTime } from '../text.ts';
import { inForce, usedBins, type LogReport } from './report.ts';
import { barChart, distribution, lineChart, sparkline } from './svg.ts';

/** Templates and lines of a session shown at most. */
const TEMPLATES = 200;
const LINES = 200;

const STYLE = `
:root { color-scheme: light dark; --back: #fcfcfb; --text: #1b1d1f; --dim: #62676d; --grid: #e3e5e8; --line: #1f5fa8; --bar: #9db7d4; --bad: #c62828; --mark: #e6a10030; --other: #b26a00; }
@media (prefers-color-scheme: dark) { :root { --back: #131517; --text: #e8eaed; --dim: #9aa0a6; --grid: #2a2e33; --line: #7fb2ee; --bar: #3f6187; --bad: #ff6b60; --mark: #ffca5c2b; --other: #ffb74d; } }
body { margin: 0 auto; max-width: 1200px; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem); background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 2rem 0 0.2rem; } p { margin: 0.2rem 0 0.8rem; color: var(--dim); }
dl { display: flex; flex-wrap: wrap; gap: 0.6rem 2rem; margin: 1rem 0; } dt { color: var(--dim); font-size: 0.87rem; } dd { margin: 0; font-size: 1.2rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.92rem; } .scroll table { width: 100%; } .scroll td:last-child { width: 70%; } th { font-weight: 500; color: var(--dim); text-align: left; }
th, td { padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid var(--grid); vertical-align: top; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, pre { font: 13px/1.45 ui-monospace, monospace; } code { overflow-wrap: anywhere; } td code b, li code b { color: var(--line); font-weight: 400; }
svg { display: block; width: 100%; height: auto; } .spark { width: 100px; height: 20px; } text { fill: var(--dim); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--grid); } .bar { fill: var(--bar); } .bad { fill: var(--bad); } path { fill: none; stroke-width: 1.6; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.line, .dynamic { stroke: var(--line); } .static { stroke: var(--other); stroke-dasharray: 5 4; } line.dynamic, line.static { stroke-width: 1.6; }
.key::before { content: ''; display: inline-block; width: 1.6em; border-top: 2px solid var(--line); margin-right: 0.4em; vertical-align: middle; } .key.static::before { border-top: 2px dashed var(--other); } .key { margin-right: 1.4em; }
details { border-bottom: 1px solid var(--grid); padding: 0.5rem 0; } summary { cursor: pointer; overflow-wrap: anywhere; } summary b { font-variant-numeric: tabular-nums; } details ul { margin: 0.4rem 0; padding-left: 1.2rem; }
.lines { overflow-x: auto; margin: 0.5rem 0; padding: 0.4rem 0; border: 1px solid var(--grid); border-radius: 4px; } .lines div { white-space: pre; padding: 0 0.7rem; min-width: max-content; } .lines .marked { background: var(--mark); box-shadow: inset 3px 0 var(--bad); }
.dim { color: var(--dim); } td.dim { white-space: nowrap; } .how { border: 0; padding: 0; color: var(--dim); }
`;

export function logsPage(report: LogReport): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(report.title)} · Homeostat</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(report.title)}</h1>${head(report)}</header>
<main>
${overTime(report.scores)}
${scoresSection(report.scores)}
${sessionsSection(report)}
${ratesSection(report)}
${templatesSection(report)}
${report.models.map(modelSection).join('\n')}
</main>
</body>
</html>
`;
}

function head({ overview, judge, seconds, memory }: LogReport): string {
  const { lines, bytes, templates, sessionsJudged, sessionsOpen, anomalous, first, last, deadLetters, layout, sessions } = overview;
  const facts: [string, string][] = [
    ['lines', grouped(lines)],
    ['templates', grouped(templates)],
    ['sessions', grouped(sessionsJudged + sessionsOpen)],
    ['anomalous', `${grouped(anomalous)} (${percent(anomalous, sessionsJudged)})`],
    ['read', `${shortSize(bytes)} in ${shortDuration(seconds * 1000)}`],
    ['memory', shortSize(memory)],
    ...(deadLetters === 0 ? [] : [['broken or cut lines', grouped(deadLetters)] satisfies [string, string]]),
  ];
  const span = first === null || last === null ? '' : `${shortTime(Date.parse(first))} to ${shortTime(Date.parse(last))}`;
  const words = [span, judge === null ? 'not judged' : `judge ${judge}`, `sessions by ${sessions.by}`].filter(Boolean);
  const found = [...layout, ...sessions.evidence].map((line) => `<li>${escaped(line)}</li>`).join('');
  const how = found === '' ? '' : `<details class="how"><summary>How lines were read and parted</summary><ul>${found}</ul></details>`;
  return `<p>${escaped(words.join(' · '))}</p>${how}<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>`;
}

const timeText = (time: string | undefined): string => (time === undefined ? '' : shortTime(Date.parse(time)));

function overTime(scores: LogScores): string {
  const { time, sessions, flagged } = scores;
  if (time.length === 0) return '';
  const used = inForce(scores);
  const chart = barChart(
    'sessions and anomalous ones over time',
    sessions,
    flagged.map((each) => each[used] ?? 0),
    timeText(time[0]),
    timeText(time.at(-1)),
  );
  return `<section><h2>Anomalies over time</h2><p>Judgements of sessions per stretch of time, the anomalous ones in red. A session that changes is judged again.</p>${chart}</section>`;
}

function scoresSection(scores: LogScores): string {
  const { edges, counts, thresholds, time, sessions, flagged } = scores;
  if (counts.every((n) => n === 0)) return '';
  const { from, to } = usedBins(scores);
  const limits = thresholds.flatMap(({ kind, limit }) => (limit === null || limit <= 0 ? [] : [{ style: kind, at: limit }]));
  const keys = thresholds.map(({ kind, name, limit, flagged: n, inForce: used }) => {
    const at = limit === null ? 'no limit yet' : `limit ${shortNumber(limit)}`;
    return `<span class="key ${kind}">${escaped(`${name}: ${at}, flags ${grouped(n)}${used ? ', in force' : ''}`)}</span>`;
  });
  const rates = thresholds.map(({ name, kind }, k) => ({ name, style: kind, values: sessions.map((n, i) => (n === 0 ? null : flagged[i][k] / n)) }));
  const rate = lineChart('share of judgements that each threshold flags', rates, (v) => `${shortNumber(v * 100)}%`, timeText(time[0]), timeText(time.at(-1)));
  return `<section><h2>Scores and thresholds</h2><p>Judgements of sessions by score, both scales logarithmic, with the limits at the end.</p>${distribution('distribution of scores', edges.slice(from, to + 2), counts.slice(from, to + 1), limits)}
<p>${keys.join('')}</p><p>Share of the judgements that each threshold flags, over time. A session that changes is judged again.</p>${rate}</section>`;
}

function sessionsSection({ sessions, overview }: LogReport): string {
  if (overview.anomalous === 0) return '<section><h2>Anomalous sessions</h2><p>None.</p></section>';
  const note =
    sessions.length < overview.anomalous
      ? `The ${grouped(sessions.length)} strongest of ${grouped(overview.anomalous)}.`
      : `All ${grouped(sessions.length)}, the strongest first.`;
  return `<section><h2>Anomalous sessions</h2><p>${note}</p>${sessions.map(sessionOf).join('\n')}</section>`;
}

function sessionOf(session: LogSessionDetail, place: number): string {
  const { lines, score, threshold, reasons, first, last, patternSeen, patternFirst, lineList, nearest } = session;
  const limit = threshold === null ? '' : ` (limit ${shortNumber(threshold)})`;
  const why = reasons[0]?.text ?? '';
  const met =
    patternSeen === 0 || patternFirst === null
      ? 'first of its pattern'
      : `its pattern was met ${count(patternSeen, 'time')} before, first ${timeText(patternFirst)}`;
  const facts = `${timeText(first)}, lasts ${shortDuration(Date.parse(last) - Date.parse(first))}, ${count(lines, 'line')}, score ${shortNumber(score ?? NaN)}${limit}; ${met}`;
  const more = lines > Math.min(lineList.length, LINES) ? `<div class="dim">… ${grouped(lines - Math.min(lineList.length, LINES))} more</div>` : '';
  const text = lineList
    .slice(0, LINES)
    .map((line) => `<div${line.highlighted ? ' class="marked"' : ''}>${escaped(line.text ?? line.templateText)}</div>`)
    .join('');
  const reasonList = reasons.map((reason) => `<li>${escaped(`${reason.judge}: ${reason.text}`)}</li>`).join('');
  return `<details${place === 0 ? ' open' : ''}><summary><b>${escaped(session.session)}</b> <span class="dim">${escaped(why)}</span></summary><p>${escaped(facts)}</p><ul>${reasonList}</ul>${nearestOf(nearest)}<div class="lines"><code>${text}${more}</code></div></details>`;
}

function ratesSection({ rates: { alerts, strongest } }: LogReport): string {
  if (alerts === 0) return '';
  const rows = strongest.map(
    ({ time, of, lines, expected, score }) =>
      `<tr><td class="dim">${timeText(time)}</td><td class="number">${grouped(lines ?? NaN)}</td><td class="number">${grouped(Math.max(0, expected ?? NaN))}</td><td class="number">${shortNumber(score ?? NaN)}</td><td>${templateMarkup(of)}</td></tr>`,
  );
  const note = alerts > strongest.length ? `The ${grouped(strongest.length)} strongest of ${grouped(alerts)}.` : `${count(alerts, 'change')}.`;
  return `<section><h2>Rates of lines that changed</h2><p>${note}</p><div class="scroll"><table><thead><tr><th>time</th><th class="number">lines</th><th class="number">expected</th><th class="number">score</th><th>template or level</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

/** Counts that differ from those of the nearest normal session. */
function nearestOf(nearest: LogSessionDetail['nearest']): string {
  const apart = (nearest ?? []).filter(({ here, there }) => here !== there);
  if (apart.length === 0) return '';
  const rows = apart.map(
    ({ templateText, here, there }) => `<tr><td class="number">${here}</td><td class="number">${there}</td><td>${templateMarkup(templateText)}</td></tr>`,
  );
  return `<table><thead><tr><th class="number">here</th><th class="number">nearest normal</th><th>template</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function templateMarkup(text: string): string {
  return `<code>${escaped(text).replaceAll('&lt;*&gt;', '<b>&lt;*&gt;</b>')}</code>`;
}

function templatesSection({ templates: { templates, total } }: LogReport): string {
  const rows = templates.slice(0, TEMPLATES).map(templateRow);
  const note = total > rows.length ? `The ${grouped(rows.length)} most frequent of ${grouped(total)}.` : `${count(total, 'template')}.`;
  return `<section><h2>Templates</h2><p>${note}</p><div class="scroll"><table><thead><tr><th>id</th><th class="number">lines</th><th>trend</th><th>level</th><th>first seen</th><th>template</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

function templateRow({ id, text, name, level, count: n, first, trend, example }: LogTemplate): string {
  const named = name === null ? '' : `${escaped(name)}<br>`;
  return `<tr><td>${id}</td><td class="number">${grouped(n)}</td><td>${sparkline(trend)}</td><td>${escaped(level)}</td><td class="dim">${timeText(first)}</td><td title="${escaped(example)}">${named}${templateMarkup(text)}</td></tr>`;
}

function modelSection({ judge, card, loss }: LogModel): string {
  const lines = [
    { name: 'training', style: 'line', values: loss.map(({ training }) => training) },
    { name: 'validation', style: 'static', values: loss.map(({ validation }) => validation) },
  ];
  const chart =
    loss.length === 0
      ? ''
      : `${lineChart('loss by epoch', lines, shortNumber, 'epoch 1', `epoch ${loss.at(-1)!.epoch}`)}<p><span class="key">training</span><span class="key static">validation</span></p>`;
  const rows = card.map(([name, value]) => `<tr><td class="dim">${escaped(name)}</td><td>${escaped(value)}</td></tr>`).join('');
  return `<section><h2>Model: ${escaped(judge)}</h2>${chart}<table><tbody>${rows}</tbody></table></section>`;
}
