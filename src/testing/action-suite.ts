/** What every action promises. */
import type { ActionIntent, Action, Outcome } from '../core/contracts.ts';
import type { ActionDefinition, ActionHost } from '../core/schema.ts';
import { expectThat, type AsyncCheck } from './check.ts';
import { givenOptions } from './given-options.ts';

/** How long an action may take to notice that it is to give up, ms. */
const PATIENCE = 1_000;

/** An action with the circumstances it is tried in. Options given here go over the sample's; durations are ms. */
export interface ActionCase {
  definition: ActionDefinition;
  /** Options with which it can do its work; what it asks of the process succeeds. */
  working(): Promise<Record<string, unknown>>;
  /** Options with which what it needs beyond the process never answers; absent when it needs only the process. */
  hanging?(): Promise<Record<string, unknown>>;
}

const INTENT: ActionIntent = {
  key: 'suite-1',
  pipeline: 'suite',
  incident: {
    id: '00112233aabbccdd',
    pipeline: 'suite',
    group: {},
    state: 'NoData',
    severity: 'warning',
    series: ['temperature'],
    startedAt: 0,
    updatedAt: 0,
    endedAt: null,
    anomalies: 0,
    peak: null,
    acknowledgedBy: null,
    silenced: false,
    summary: 'temperature has sent nothing for 5m',
  },
};

type Behaviour = 'works' | 'fails' | 'hangs';

/** A process that does, refuses or never finishes what it is asked for. */
function hostThat(behaviour: Behaviour, state: () => string | undefined): ActionHost {
  const answer = (): Promise<void> => {
    if (behaviour === 'fails') return Promise.reject(new Error('the process cannot do it'));
    return behaviour === 'hangs' ? new Promise(() => {}) : Promise.resolve();
  };
  return { checkpoint: answer, restartSource: answer, incidentState: state };
}

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`${what} within ${PATIENCE} ms`)), PATIENCE)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Checks for every action of a list. */
export function actionChecks(cases: readonly ActionCase[]): AsyncCheck[] {
  return cases.flatMap((given) => checksOf(given).map(({ name, run }) => ({ name: `action ${given.definition.name}: ${name}`, run })));
}

function checksOf(given: ActionCase): AsyncCheck[] {
  const { definition } = given;
  const made = async (host: ActionHost, options: () => Promise<Record<string, unknown>> = given.working): Promise<Action> =>
    definition.create(givenOptions(definition, await options()), host);
  const never = new AbortController().signal;
  return [
    {
      name: 'its sample fits its options, and it names a bound for its time',
      async run() {
        expectThat(/^[a-z][a-z0-9-]*$/.test(definition.name), `the name "${definition.name}" is not lower-case words joined by hyphens`);
        const { timeout } = await made(hostThat('works', () => 'Normal'));
        expectThat(timeout > 0 && timeout <= 3_600_000, `its timeout is ${timeout} ms`);
      },
    },
    {
      name: 'it succeeds where everything it needs works',
      async run() {
        const outcome = await (await made(hostThat('works', () => 'Normal'))).run(INTENT, never);
        expectThat(outcome.ok, `it ends as ${JSON.stringify(outcome)}`);
      },
    },
    {
      name: 'a process that refuses is no exception',
      async run() {
        const outcome: Outcome = await (await made(hostThat('fails', () => 'NoData'))).run(INTENT, never);
        expectThat(outcome.ok || outcome.detail !== '', 'it fails and does not say why');
      },
    },
    {
      name: 'it gives up at once when told to',
      async run() {
        const controller = new AbortController();
        const running = (
          await made(
            hostThat('hangs', () => 'NoData'),
            given.hanging,
          )
        ).run(INTENT, controller.signal);
        setTimeout(() => controller.abort(new Error('told to give up')), 20);
        const outcome = await within(running, 'it does not give up');
        expectThat(!outcome.ok, 'it claims to have done what was never done');
      },
    },
    {
      name: 'what it says of whether it helped follows the incident, and ends when told to',
      async run() {
        const better = await made(hostThat('works', () => 'Recovering'));
        if (better.check === undefined) return;
        expectThat(
          (await within(better.check(INTENT, never), 'it does not see that the incident is better')).startsWith('helped'),
          'it does not see that the incident is better',
        );
        const controller = new AbortController();
        const worse = await made(hostThat('works', () => 'NoData'));
        const checking = worse.check!(INTENT, controller.signal).then(
          () => 'ended',
          () => 'ended',
        );
        setTimeout(() => controller.abort(new Error('told to give up')), 20);
        await within(checking, 'the check does not end');
      },
    },
  ];
}
