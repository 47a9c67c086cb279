/** One HTML file with a chart per series: data, style and script inside, nothing fetched. */
import { escaped } from '../markup.ts';
import { count, grouped, percent, shortTime } from '../text.ts';
import { chartScript, chartStyle } from './chart-page.ts';
import type { Trace } from './trace.ts';

export interface ChartPage {
  title: string;
  /** Under the title: detector, threshold, rows. */
  summary: string;
  traces: readonly Trace[];
  /** Series left out. */
  untraced: number;
}

/** The page as text. */
export function htmlPage({ title, summary, traces, untraced }: ChartPage): string {
  const left = untraced === 0 ? '' : `<p class="note">${grouped(untraced)} further series are not drawn.</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)} · Homeostat</title>
<style>${chartStyle}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>${escaped(summary)}</p></header>
<p class="note">Drag over a chart to look closer; the wheel zooms, Shift and drag moves, a double click or Escape shows everything again.</p>
<main>
${traces.map(section).join('\n')}
</main>
${left}
<script type="module">const charts = ${JSON.stringify(traces.map(dataOf)).replaceAll('<', '\\u003c')};
${chartScript}</script>
</body>
</html>
`;
}

function section(trace: Trace, i: number): string {
  const [first, last] = [trace.points[0], trace.points.at(-1)];
  const span = first && last ? `${shortTime(first.from)} to ${shortTime(last.to)}` : 'no values';
  const share = `${count(trace.rows, 'row')}, ${count(trace.anomalies, 'anomaly', 'anomalies')} (${percent(trace.anomalies, trace.rows)})`;
  const label = `${trace.key}: ${share}, ${span}`;
  return `<section><h2>${escaped(trace.key)}</h2><p>${escaped(`${share} · ${span}`)}</p><svg id="chart${i}" role="img" tabindex="0" aria-label="${escaped(label)}"></svg></section>`;
}

/** Columns side by side: from, to, min, max, lower, upper, anomalies, time and value and score of the worst. */
function dataOf({ key, unit, points }: Trace) {
  const column = (of: (point: Trace['points'][number]) => number) => points.map((point) => round(of(point)));
  return {
    key,
    unit,
    from: points.map(({ from }) => from),
    to: points.map(({ to }) => to),
    min: column(({ min }) => min),
    max: column(({ max }) => max),
    lower: column(({ lower }) => lower),
    upper: column(({ upper }) => upper),
    anomalies: points.map(({ anomalies }) => anomalies),
    time: points.map(({ time }) => time),
    value: column(({ value }) => value),
    score: column(({ score }) => score),
  };
}

/** Seven digits are more than a screen shows. */
function round(x: number): number | null {
  return Number.isFinite(x) ? Number(x.toPrecision(7)) : null;
}
