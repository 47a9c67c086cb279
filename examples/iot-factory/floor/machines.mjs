/** What the screen knows of the machines: put together from the series and the incidents of Homeostat. No I/O here. */

/** Worst first. */
export const STATES = ['red', 'amber', 'unknown', 'green'];
const SENSORS = ['temperature', 'humidity', 'sound'];
/** A machine of which nothing was heard for so long is unknown, ms by the clock. */
const SILENT = 30_000;

const isOpen = ({ endedAt }) => endedAt === null;

export class Machines {
  /** By name: { line, sensors, rows, heard, state, since }. */
  #machines = new Map();
  #incidents = new Map();

  /** Latest state of series, as REST and the event stream give it. */
  series(items, now) {
    for (const { pipeline, labels, key, unit, time, value, score, threshold, anomalous, warmup } of items) {
      const machine = this.#machine(labels.machine);
      if (machine === undefined || time === null) continue;
      if (labels.line !== undefined) machine.line = labels.line;
      machine.readings.set(`${pipeline}/${key}`, { anomalous, warmup, share: score === null || !threshold ? null : Math.max(0, score / threshold) });
      const sensor = key.split('{')[0];
      if (SENSORS.includes(sensor)) machine.sensors[sensor] = { time, value, unit, anomalous, warmup };
      machine.heard = now;
    }
  }

  incident(incident) {
    if (incident.group.machine === undefined) return;
    if (isOpen(incident)) this.#incidents.set(incident.id, incident);
    else this.#incidents.delete(incident.id);
  }

  /** What was missed is fetched anew: incidents that have ended meanwhile are forgotten. */
  incidentsAnew(incidents) {
    this.#incidents.clear();
    for (const incident of incidents) this.incident(incident);
  }

  /** One tile a machine, in order of line and name. */
  tiles(now) {
    const open = [...this.#incidents.values()];
    const tiles = [];
    for (const [name, machine] of this.#machines) {
      if (machine.line === undefined) continue;
      const own = open.filter(({ group }) => group.machine === name);
      const { state, why, since } = judged(machine, own, now);
      if (state !== machine.state) [machine.state, machine.since] = [state, since ?? newest(machine)];
      const shares = [...machine.readings.values()].map(({ share }) => share ?? 0);
      tiles.push({ name, line: machine.line, state, why, since: machine.since, sensors: machine.sensors, share: Math.max(0, ...shares) });
    }
    return tiles.toSorted((a, b) => a.line.localeCompare(b.line) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  #machine(name) {
    if (name === undefined) return undefined;
    let machine = this.#machines.get(name);
    if (machine === undefined)
      this.#machines.set(name, (machine = { line: undefined, sensors: {}, readings: new Map(), heard: 0, state: undefined, since: 0 }));
    return machine;
  }
}

const newest = ({ sensors }) => Math.max(0, ...Object.values(sensors).map(({ time }) => time));

/** What an incident is about without what the tile says anyway. */
const wordsOf = ({ summary }) =>
  summary
    .replace(/^machine=\S+ (?:is|was) /, '')
    .replace(/\{[^}]*\}/, '')
    .replace(/ \(score .*$/, '');

/** The colour of a machine, why in words, and since when (event time; undefined: since it was seen first). */
function judged(machine, incidents, now) {
  const alerting = incidents.filter(({ state }) => state === 'Alerting');
  if (alerting.length > 0) {
    const first = alerting.reduce((a, b) => (a.startedAt <= b.startedAt ? a : b));
    return { state: 'red', why: alerting.map(wordsOf).join('; '), since: first.startedAt };
  }
  if (now - machine.heard > SILENT) return { state: 'unknown', why: 'nothing was heard of it' };
  if (incidents.length > 0) {
    const [incident] = incidents;
    return { state: 'amber', why: incident.state === 'Recovering' ? 'is recovering' : wordsOf(incident), since: incident.startedAt };
  }
  const readings = [...machine.readings.values()];
  const odd = Object.entries(machine.sensors).filter(([, { anomalous }]) => anomalous);
  if (odd.length > 0 || readings.some(({ anomalous }) => anomalous)) {
    return { state: 'amber', why: odd.length > 0 ? `${odd.map(([sensor]) => sensor).join(', ')} unusual` : 'its sensors do not go together' };
  }
  if (readings.every(({ warmup }) => warmup)) return { state: 'unknown', why: 'its usual is still being learnt' };
  return { state: 'green', why: '' };
}
