/** Faults planted in a port. */
import { HomeostatError } from '../../src/core/errors.ts';

/** Whether a call that fails did its work. */
export type Fault = 'before' | 'after';

/** The target with one method handed to `instead`, which gets what it was called with and the call itself. */
export function replaced<T extends object>(target: T, method: keyof T, instead: (args: never[], call: () => unknown) => unknown): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      if (name !== method) return value.bind(object);
      return (...args: never[]): unknown => instead(args, () => value.apply(object, args));
    },
  });
}

/** Makes the nth call of a method throw, before or after it did its work. */
export function faulty<T extends object>(target: T, method: keyof T, plan: ReadonlyMap<number, Fault>): T {
  let calls = 0;
  return replaced(target, method, (_, call) => {
    const when = plan.get(calls++);
    if (when === 'before') throw new HomeostatError('LEDGER_IO', { path: 'ledger', detail: 'planted before' });
    const result = call();
    if (when === 'after') throw new HomeostatError('LEDGER_IO', { path: 'ledger', detail: 'planted after' });
    return result;
  });
}
