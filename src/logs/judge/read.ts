/** What people are shown of a judge and what it has learnt. */
import type { LogModel } from '../../core/log-api.ts';
import type { JudgeDefinition } from '../judges/definition.ts';
import type { Model } from './stage.ts';

/** Cards of the judge and of those that it combines; `{t:12}` stands for the text of template 12. */
export function logModels({ name, about }: JudgeDefinition, { known, judge }: Model): LogModel[] {
  const described = (judge.describe?.() ?? []).map((line): [string, string] => {
    const at = line.indexOf(': ');
    return at < 0 ? ['learnt', line] : [line.slice(0, at), line.slice(at + 2)];
  });
  const own = judge.card?.();
  const card: [string, string][] = [
    ['finds', about.finds],
    ['sessions learnt', String(known.learnt)],
    ['different counts of events', String(known.vectors)],
    ['events that do not count', known.free.length === 0 ? 'none' : known.free.map((event) => `{t:${event}}`).join(', ')],
    ...described,
    ...(own?.card ?? []),
  ];
  return [{ judge: name, card, loss: own?.loss ?? [] }, ...(judge.cards?.() ?? [])];
}
