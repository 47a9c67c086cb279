/** What every notifier promises. */
import type { IncidentRecord, Notice, Notifier, Outcome } from '../core/contracts.ts';
import type { NotifierDefinition } from '../core/schema.ts';
import { expectThat, type AsyncCheck } from './check.ts';
import { givenOptions } from './given-options.ts';

/** How long a notifier may take to notice that it is to give up, ms. */
const PATIENCE = 1_000;

/** Put where options are secret; must not come back. */
const SECRET = 'secret-4f1c9a';

type Circumstances = () => Promise<Record<string, unknown>>;

/** A notifier with the circumstances it is tried in: each gives options, which go over the sample's; durations are ms. */
export interface NotifierCase {
  definition: NotifierDefinition;
  /** Options with which a receiver takes what is sent. */
  working: Circumstances;
  /** What a working receiver got since it was last asked, as texts; absent where that is what was logged. */
  arrived?(): string[];
  /** With these a receiver never answers; absent for notifiers that wait for nobody. */
  hanging?: Circumstances;
  /** With these nobody is there; absent for notifiers that reach nobody. */
  unreachable?: Circumstances;
  /** With these a receiver refuses for good, and repeats everything that it was sent in its refusal. */
  refusing?: Circumstances;
  /** With these a receiver is busy for now. */
  busy?: Circumstances;
  /** With these a receiver asks to be left alone for `LEFT_ALONE` ms; absent where its protocol has no word for that. */
  limiting?: Circumstances;
  /** With these a receiver sends on to another host; and how many requests came there. */
  redirecting?: { options: Circumstances; followed(): number };
  /** With these a receiver refuses in a text without end. */
  babbling?: Circumstances;
}

/** What `limiting` asks for, ms. */
export const LEFT_ALONE = 7_000;

/** Longest text that a receiver's refusal may leave in the ledger. */
const DETAIL = 500;

const STATUSES: readonly Notice['status'][] = ['firing', 'resolved', 'nodata', 'error'];

function notice(status: Notice['status']): Notice {
  const incident: IncidentRecord = {
    id: '00112233aabbccdd',
    pipeline: 'suite',
    group: { host: 'x "quoted"\n' },
    state: status === 'resolved' ? 'Normal' : status === 'nodata' ? 'NoData' : status === 'error' ? 'Error' : 'Alerting',
    severity: 'warning',
    series: ['temperature', 'θ'],
    startedAt: Date.UTC(2026, 0, 5, 10),
    updatedAt: Date.UTC(2026, 0, 5, 10, 5),
    endedAt: status === 'resolved' ? Date.UTC(2026, 0, 5, 10, 5) : null,
    anomalies: 3,
    peak: status === 'nodata' ? null : { series: 'temperature', time: Date.UTC(2026, 0, 5, 10, 1), value: null, score: null, expected: null, unit: '°C' },
    acknowledgedBy: null,
    silenced: false,
    summary: 'temperature is 91 °C, expected 71 ± 3 (score 6.7)',
  };
  return {
    key: `suite-${status}`,
    status,
    incident,
    labels: { host: 'x', pipeline: 'suite', severity: 'warning' },
    at: incident.updatedAt,
    repeated: status === 'resolved',
  };
}

class Subject {
  readonly logged: string[] = [];
  readonly #case: NotifierCase;

  constructor(given: NotifierCase) {
    this.#case = given;
  }

  async send(options: Record<string, unknown>, status: Notice['status'], signal: AbortSignal): Promise<Outcome> {
    return this.with(options, (notifier) => notifier.send(notice(status), signal));
  }

  async with<T>(options: Record<string, unknown>, work: (notifier: Notifier) => Promise<T>): Promise<T> {
    const { definition } = this.#case;
    const notifier = definition.create(givenOptions(definition, options), { target: 'suite#0', log: (_, message) => this.logged.push(message) });
    try {
      return await work(notifier);
    } finally {
      notifier.close?.();
    }
  }
}

/** Options that hold secrets, with one in each that is a text; an address keeps where it leads. */
function secretsOf(definition: NotifierDefinition, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const properties = Object.entries(definition.options.properties) as [string, { secret?: boolean; type?: string }][];
  const secrets = properties.filter(([, { secret, type }]) => secret === true && type === 'string');
  return Object.fromEntries(secrets.map(([name]) => [name, name === 'url' ? `${String(options[name])}/${SECRET}` : SECRET]));
}

/** Checks for every notifier of a list. */
export function notifierChecks(cases: readonly NotifierCase[]): AsyncCheck[] {
  return cases.flatMap((given) => checksOf(given).map(({ name, run }) => ({ name: `notifier ${given.definition.name}: ${name}`, run })));
}

function checksOf(given: NotifierCase): AsyncCheck[] {
  const { definition, hanging, unreachable, refusing } = given;
  const never = new AbortController().signal;
  const checks: AsyncCheck[] = [
    {
      name: 'its sample fits its options, and its name is one for a configuration',
      async run() {
        givenOptions(definition, await given.working());
        expectThat(/^[a-z][a-z0-9-]*$/.test(definition.name), `the name "${definition.name}" is not lower-case words joined by hyphens`);
        expectThat(definition.summary.endsWith('.'), 'the summary is not a sentence');
      },
    },
    {
      name: 'a notice of each status is taken, without what is missing doing harm',
      async run() {
        const options = await given.working();
        for (const status of STATUSES) {
          const outcome = await new Subject(given).send(options, status, never);
          expectThat(outcome.ok, `${status} ends as ${JSON.stringify(outcome)}`);
        }
      },
    },
    {
      name: 'no secret is logged or said',
      async run() {
        for (const options of [await given.working(), await unreachable?.(), await refusing?.()]) {
          if (options === undefined) continue;
          const subject = new Subject(given);
          const outcome = await subject.send({ ...options, ...secretsOf(definition, options) }, 'firing', never);
          expectThat(!`${subject.logged.join('\n')}${JSON.stringify(outcome)}`.includes(SECRET), 'a secret is in its log or its outcome');
        }
      },
    },
  ];
  checks.push(tellsApart(given), together(given), ...badReceivers(given));
  if (hanging !== undefined) checks.push(givesUp(given, hanging));
  if (unreachable !== undefined) {
    checks.push({
      name: 'a receiver that is not there is no exception, and worth another attempt',
      async run() {
        const outcome = await new Subject(given).send(await unreachable(), 'firing', never);
        expectThat(!outcome.ok && outcome.retry && outcome.detail !== '', `it ends as ${JSON.stringify(outcome)}`);
      },
    });
  }
  return checks;
}

function givesUp(given: NotifierCase, hanging: () => Promise<Record<string, unknown>>): AsyncCheck {
  return {
    name: 'it gives up at once when told to, and says so without an exception',
    async run() {
      const controller = new AbortController();
      const sending = new Subject(given).send(await hanging(), 'firing', controller.signal);
      setTimeout(() => controller.abort(), 20);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), PATIENCE)));
      const outcome = await Promise.race([sending, late]);
      clearTimeout(timer);
      expectThat(outcome !== 'late', `it goes on ${PATIENCE} ms after it was told to give up`);
      expectThat(!(outcome as Outcome).ok, 'it claims that a notice was taken that nobody took');
    },
  };
}

function tellsApart(given: NotifierCase): AsyncCheck {
  return {
    name: 'who gets it can tell the end from the beginning, and what may be a repeat',
    async run() {
      const options = await given.working();
      const subject = new Subject(given);
      const arrived = given.arrived ?? (() => subject.logged.splice(0));
      arrived();
      const never = new AbortController().signal;
      await subject.send(options, 'firing', never);
      const begun = arrived().join('\n');
      await subject.send(options, 'resolved', never);
      const ended = arrived().join('\n');
      expectThat(begun !== '' && ended !== '' && begun !== ended, 'firing and resolved look the same');
      expectThat(/repeated|sent before/i.test(ended), 'a notice that may have been sent before does not say so');
      expectThat(!/repeated"?: ?"?true|sent before|\(repeated\)/i.test(begun), 'a notice that was never sent before says that it may have been');
    },
  };
}

function together(given: NotifierCase): AsyncCheck {
  return {
    name: 'where it takes several notices at once, it takes as many as come, however long they are',
    async run() {
      const long = 'a long "word" <of> & many lines\n'.repeat(400);
      const many = Array.from({ length: 100 }, (_, i): Notice => {
        const one = notice(STATUSES[i % STATUSES.length]);
        return { ...one, key: `suite-${i}`, incident: { ...one.incident, id: `incident-${i}`, summary: long, series: [`${i} ${long}`] } };
      });
      await new Subject(given).with(await given.working(), async (notifier) => {
        const alone = await notifier.send(many[0], new AbortController().signal);
        expectThat(alone.ok, `a long one ends as ${JSON.stringify(alone)}`);
        if (notifier.sendTogether === undefined) return;
        const outcome = await notifier.sendTogether(many, new AbortController().signal);
        expectThat(outcome.ok, `many end as ${JSON.stringify(outcome)}`);
      });
    },
  };
}

/** How it takes what receivers that are not well answer. */
function badReceivers(given: NotifierCase): AsyncCheck[] {
  const never = new AbortController().signal;
  const { refusing, busy, limiting, redirecting, babbling } = given;
  const checks: AsyncCheck[] = [];
  const add = (name: string, circumstances: Circumstances | undefined, judge: (outcome: Outcome) => void): void => {
    if (circumstances !== undefined) checks.push({ name, run: async () => judge(await new Subject(given).send(await circumstances(), 'firing', never)) });
  };
  const end = (outcome: Outcome): string => `it ends as ${JSON.stringify(outcome)}`;
  add('a refusal for good is not tried again', refusing, (outcome) => expectThat(!outcome.ok && !outcome.retry, end(outcome)));
  add('a receiver that is busy is tried again', busy, (outcome) => expectThat(!outcome.ok && outcome.retry, end(outcome)));
  add('a receiver that asks to be left alone is left alone for that time', limiting, (outcome) =>
    expectThat(!outcome.ok && outcome.retry && outcome.retryAfter === LEFT_ALONE, end(outcome)),
  );
  add('it is not led to another host', redirecting?.options, (outcome) =>
    expectThat(!outcome.ok && !outcome.retry && redirecting!.followed() === 0, `${end(outcome)}, ${redirecting!.followed()} requests came there`),
  );
  add('of an endless answer no more is taken than is needed', babbling, (outcome) =>
    expectThat(!outcome.ok && outcome.detail.length <= DETAIL, end(outcome).slice(0, 2 * DETAIL)),
  );
  return checks;
}
