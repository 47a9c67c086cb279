/** What every notifier promises. */
import type { IncidentRecord, Notice, Outcome } from '../core/contracts.ts';
import type { NotifierDefinition } from '../core/schema.ts';
import { expectThat, type AsyncCheck } from './check.ts';
import { givenOptions } from './given-options.ts';

/** How long a notifier may take to notice that it is to give up, ms. */
const PATIENCE = 1_000;

/** Put where options are secret; must not come back. */
const SECRET = 'secret-4f1c9a';

/** A notifier with the circumstances it is tried in. Options given here go over the sample's; durations are ms. */
export interface NotifierCase {
  definition: NotifierDefinition;
  /** Options with which a receiver takes what is sent. */
  working(): Promise<Record<string, unknown>>;
  /** Options with which a receiver never answers; absent for notifiers that wait for nobody. */
  hanging?(): Promise<Record<string, unknown>>;
  /** Options with which nobody is there; absent for notifiers that reach nobody. */
  unreachable?(): Promise<Record<string, unknown>>;
}

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

  send(options: Record<string, unknown>, status: Notice['status'], signal: AbortSignal): Promise<Outcome> {
    const { definition } = this.#case;
    const notifier = definition.create(givenOptions(definition, options), { target: 'suite#0', log: (_, message) => this.logged.push(message) });
    return notifier.send(notice(status), signal);
  }
}

/** Options that hold secrets, with one in each that is a text. */
function secretsOf(definition: NotifierDefinition): Record<string, unknown> {
  const properties = Object.entries(definition.options.properties) as [string, { secret?: boolean; type?: string }][];
  return Object.fromEntries(properties.filter(([, { secret, type }]) => secret === true && type === 'string').map(([name]) => [name, SECRET]));
}

/** Checks for every notifier of a list. */
export function notifierChecks(cases: readonly NotifierCase[]): AsyncCheck[] {
  return cases.flatMap((given) => checksOf(given).map(({ name, run }) => ({ name: `notifier ${given.definition.name}: ${name}`, run })));
}

function checksOf(given: NotifierCase): AsyncCheck[] {
  const { definition, hanging, unreachable } = given;
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
        for (const options of [await given.working(), await unreachable?.()]) {
          if (options === undefined) continue;
          const subject = new Subject(given);
          const outcome = await subject.send({ ...options, ...secretsOf(definition) }, 'firing', never);
          expectThat(!`${subject.logged.join('\n')}${JSON.stringify(outcome)}`.includes(SECRET), 'a secret is in its log or its outcome');
        }
      },
    },
  ];
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
