/**
 * Stories of incidents as plain text: what happens, a line `---`, and what comes of it. A line of what happens is
 *
 *     options JSON                    before all others
 *     series KEY {labels} unit
 *     action NAME on cooldown
 *     KEY [at SECONDS] ..!!~L         a value a second: normal, anomalous, missing, late; it goes on where it stopped
 *     clock SECONDS                   the clock stands here, and ticks where it has to
 *     watermark SECONDS | end         event time reaches this
 *     silence ID SECONDS {matchers} | unsilence ID | acknowledge KEY | restart | mended
 *     fault REASON
 *
 * After a change that is wanted, `npx vitest run src/incidents/stories -u` writes the second part anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../core/contracts.ts';
import { SeriesDictionary } from '../core/events.ts';
import type { ConfiguredAction } from './effects.ts';
import type { IncidentOptions } from './options.ts';
import type { IncidentTracker } from './tracker.ts';
import { Kept, trackerOf, verdicts, type Row } from './tracker.fixture.ts';

const KINDS: Readonly<Record<string, Row['kind']>> = { '.': 'normal', '!': 'anomalous', '~': 'missing', L: 'late' };

const folder = new URL('stories/', import.meta.url);

class Story {
  readonly said: string[] = [];
  readonly #dictionary = new SeriesDictionary();
  readonly #kept = new Kept();
  readonly #next = new Map<string, number>();
  readonly #actions: ConfiguredAction[] = [];
  #options: Partial<IncidentOptions> = {};
  #tracker: IncidentTracker | undefined;
  #clock = 0;

  run(line: string): void {
    const [word, ...rest] = line.split(' ') as [string, ...string[]];
    const tracker = (): IncidentTracker => (this.#tracker ??= this.#begin());
    if (word === 'options') this.#options = JSON.parse(rest.join(' ')) as Partial<IncidentOptions>;
    else if (word === 'series') this.#dictionary.intern(rest[0], rest[1] === undefined ? {} : (JSON.parse(rest[1]) as Record<string, string>), rest[2]);
    else if (word === 'action') this.#actions.push({ target: `action ${rest[0]}`, on: rest[1] as 'alerting', cooldown: Number(rest[2]) * 1000 });
    else if (word === 'clock') this.#tick(tracker(), Number(rest[0]) * 1000);
    // All of that second has come, so the watermark is one millisecond further.
    else if (word === 'watermark') tracker().advance(rest[0] === 'end' ? Infinity : Number(rest[0]) * 1000 + 1);
    else if (word === 'silence')
      tracker().control(
        { type: 'silence', id: rest[0], until: Number(rest[1]) * 1000, matchers: JSON.parse(rest[2]) as Record<string, string>, by: 'ana', comment: '' },
        this.#clock,
      );
    else if (word === 'unsilence') tracker().control({ type: 'unsilence', id: rest[0], by: 'ana' }, this.#clock);
    else if (word === 'acknowledge') tracker().control({ type: 'acknowledge', incident: this.#open(rest[0]), by: 'ana', comment: '' }, this.#clock);
    else if (word === 'restart') this.#restart();
    else if (word === 'fault') tracker().fault(rest.join(' '), this.#clock);
    else if (word === 'mended') tracker().mended(this.#clock);
    else this.#values(tracker(), word, rest);
    if (this.#tracker !== undefined) this.#commit(line);
  }

  #begin(): IncidentTracker {
    const tracker = trackerOf(this.#options, this.#dictionary, ['log#0'], this.#actions);
    tracker.setArrival(this.#clock);
    tracker.connected(this.#clock);
    return tracker;
  }

  #restart(): void {
    this.#tracker = trackerOf(this.#options, this.#dictionary, ['log#0'], this.#actions);
    this.#kept.restoreInto(this.#tracker);
    this.#tracker.connected(this.#clock);
  }

  #tick(tracker: IncidentTracker, clock: number): void {
    this.#clock = clock;
    tracker.setArrival(clock);
    if (clock >= tracker.nextTick()) tracker.tick(clock);
  }

  #values(tracker: IncidentTracker, key: string, rest: string[]): void {
    const start = rest[0] === 'at' ? Number(rest[1]) : (this.#next.get(key) ?? 0);
    const pattern = rest.at(-1)!;
    this.#next.set(key, start + pattern.length);
    const series = this.#dictionary.find(key);
    tracker.process(verdicts([...pattern].map((sign, i) => ({ series, time: (start + i) * 1000, kind: KINDS[sign] }))));
  }

  #open(series: string): string {
    return [...this.#kept.incidents.values()].find((one) => one.endedAt === null && one.series.includes(series))!.id;
  }

  #commit(line: string): void {
    const changes = this.#tracker!.take();
    this.#kept.commit(changes);
    const said: string[] = [];
    for (const t of changes.transitions) said.push(`  ${t.at / 1000} s  ${t.sequence}. ${t.from} -> ${t.to}: ${t.cause}`);
    for (const { kind, target, payload } of changes.outbox) {
      said.push(
        kind === 'action' ? `  run ${target}` : `  tell ${target} ${(payload as Notice).status} [${payload.incident.severity}] ${payload.incident.summary}`,
      );
    }
    for (const { by, what, detail } of changes.audit) said.push(`  audit: ${by} ${what}: ${detail}`);
    if (changes.backlog > 0) said.push(`  ${changes.backlog} notices about the past held back`);
    if (said.length > 0) this.said.push(`> ${line}`, ...said);
  }
}

describe('stories of incidents', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt'))) {
    const path = new URL(name, folder);
    const script = readFileSync(path, 'utf8').split('\n---\n')[0];
    it(script.split('\n')[0].replace('# ', ''), async () => {
      const story = new Story();
      for (const line of script.split('\n')) if (line !== '' && !line.startsWith('#')) story.run(line);
      await expect(`${script}\n---\n${story.said.join('\n')}\n`).toMatchFileSnapshot(path.pathname);
    });
  }
});
