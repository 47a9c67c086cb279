import { describe, expect, it } from 'vitest';
import { SeriesDictionary } from '../core/events.ts';
import { ANOMALOUS, emptyVerdicts, type VerdictBatch } from '../core/verdicts.ts';
import type { IncidentOptions } from './options.ts';
import { IncidentTracker } from './tracker.ts';

const defaults: IncidentOptions = { resolve_after: 30_000, group_by: [], severity: 'warning', max_alert_age: 600_000 };

function batch(rows: readonly { series: number; time: number; anomalous: boolean }[]): VerdictBatch {
  const v = emptyVerdicts(1, rows.length);
  rows.forEach((row, i) => {
    v.series[i] = row.series;
    v.time[i] = row.time;
    v.flags[i] = row.anomalous ? ANOMALOUS : 0;
    v.values[i] = row.anomalous ? 812 : 203;
    v.score[i] = row.anomalous ? 19.6 : 0.1;
    v.limit[i] = 3;
    v.expected[i] = 203;
    v.lower[i] = 172;
    v.upper[i] = 234;
    v.idLow[i] = row.time;
  });
  v.length = rows.length;
  return v;
}

describe('IncidentTracker', () => {
  it('opens at the third of five anomalous values and resolves 30 s after the last', () => {
    const dictionary = new SeriesDictionary();
    dictionary.intern('response_time', {}, 'ms');
    const tracker = new IncidentTracker(defaults, { pipeline: 'p', dictionary, receivers: ['log#0'], actions: [] });
    tracker.process(batch([0, 1, 1, 0, 1, 0, 0, 0, 0, 0].map((a, i) => ({ series: 0, time: i * 1000, anomalous: a === 1 }))));
    tracker.advance(40_000);
    const { transitions, outbox, incidents } = tracker.take();
    expect(transitions.map((t) => `${t.at} ${t.from} -> ${t.to}: ${t.cause}`)).toMatchInlineSnapshot(`
      [
        "1000 Normal -> Pending: verdict 00000000000003e8 of response_time is anomalous (score 19.6 above 3.0)",
        "4000 Pending -> Alerting: verdict 0000000000000fa0: 3 of the last 5 values of response_time were anomalous",
        "9000 Alerting -> Recovering: verdict 0000000000002328: each of the last 5 values of response_time is normal",
        "34000 Recovering -> Normal: timer: no anomaly for 30s",
      ]
    `);
    expect(outbox.map((o) => (o.payload as { status: string }).status)).toEqual(['firing', 'resolved']);
    expect((outbox[0]!.payload as { incident: { summary: string } }).incident.summary).toBe('response_time is 812 ms, expected 203 ± 31 (score 19.6); 3 of the last 5 values were anomalous');
    expect(incidents[0]!.summary).toBe('response_time was 812 ms at its worst, expected 203 (score 19.6); 3 anomalies in 33s');
  });
});
