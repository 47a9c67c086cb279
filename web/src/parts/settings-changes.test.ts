import { describe, expect, it } from 'vitest';
import type { SettingOption, SettingsView } from '../../../src/core/api.ts';
import type { JsonValue } from '../../../src/core/contracts.ts';
import { changesOf, fieldOf, read, shown, trialOf } from './settings-changes.ts';

type Schema = Record<string, JsonValue>;
const reference: Schema = { type: 'string', pattern: '\\$\\{' };
const number: Schema = { anyOf: [{ type: 'integer', minimum: 2, maximum: 9 }, reference] };
const duration: Schema = { unit: 'duration', anyOf: [{ type: 'string' }, { const: 0 }, reference] };
const choice = (name: string, properties: Record<string, JsonValue>) => ({
  name,
  summary: '',
  finds: '',
  use: '',
  warmUp: '',
  sigma: true,
  schema: { type: 'object', properties },
});

function option(key: string, value: JsonValue, written: JsonValue, more: Partial<SettingOption> = {}): SettingOption {
  return { key, group: 'detect', description: '', schema: {}, value, written, fromEnvironment: false, warmsUp: true, ...more };
}

const view: SettingsView = {
  pipeline: 'p',
  file: 'f',
  revision: 'r',
  state: 'ready',
  reason: '',
  config: '',
  epoch: 1,
  options: [
    option('detect.detector', { ema: { span: 20, min_spread: 0 } }, { ema: { span: 20 } }, { component: 'detector' }),
    option('detect.threshold', { sigma: { k: 3 } }, null, { component: 'threshold' }),
    option('incident.resolve_after', '30s', null, { schema: duration }),
    option('incident.group_by', ['host'], ['host'], { schema: { type: 'array', items: { type: 'string' } } }),
  ],
  choices: {
    detector: [choice('ema', { span: number, min_spread: { anyOf: [{ type: 'number' }, reference] } }), choice('sma', { window: number })],
    threshold: [choice('sigma', { k: { anyOf: [{ type: 'number' }, reference] } })],
  },
  undo: null,
  redo: null,
};

describe('the form of settings', () => {
  it('asks for nothing while nothing differs', () => {
    expect(changesOf(view, {})).toEqual({});
    expect(changesOf(view, { 'detect.detector.ema.span': ' 20 ', 'incident.group_by': 'host', 'detect.detector': 'ema', 'detect.threshold': '' })).toEqual({});
  });

  it('leaves a component named by the environment as it is, until it or an option of it is changed', () => {
    const named = { ...view, options: [option('detect.detector', { sma: { window: 20 } }, '${DETECTOR:-ema}', { component: 'detector' })] };
    expect(changesOf(named, {})).toEqual({});
    expect(changesOf(named, { 'detect.detector.sma.window': '30' })).toEqual({ 'detect.detector': { sma: { window: 30 } } });
    expect(changesOf(named, { 'detect.detector': 'ema' })).toEqual({ 'detect.detector': 'ema' });
  });

  it('names the one option of a component that stays, and takes out what is emptied', () => {
    expect(changesOf(view, { 'detect.detector.ema.span': '40' })).toEqual({ 'detect.detector.ema.span': 40 });
    expect(changesOf(view, { 'detect.detector.ema.span': '' })).toEqual({ 'detect.detector.ema.span': null });
    expect(changesOf(view, { 'incident.resolve_after': '1m', 'incident.group_by': '' })).toEqual({ 'incident.resolve_after': '1m', 'incident.group_by': null });
  });

  it('names another component with what was entered for it, and not what was entered for the one before', () => {
    expect(changesOf(view, { 'detect.detector': 'sma', 'detect.detector.ema.span': '40' })).toEqual({ 'detect.detector': 'sma' });
    expect(changesOf(view, { 'detect.detector': 'sma', 'detect.detector.sma.window': '5' })).toEqual({ 'detect.detector': { sma: { window: 5 } } });
    expect(changesOf(view, { 'detect.threshold': 'sigma', 'detect.threshold.sigma.k': '4' })).toEqual({ 'detect.threshold': { sigma: { k: 4 } } });
    const chosen = { ...view, options: [option('detect.threshold', { sigma: { k: 3 } }, 'sigma', { component: 'threshold' })] };
    expect(changesOf(chosen, { 'detect.threshold': '' })).toEqual({ 'detect.threshold': null });
  });

  it('tries what it stands for', () => {
    expect(trialOf(view, view.options[0], {})).toEqual({ ema: { span: 20 } });
    expect(trialOf(view, view.options[0], { 'detect.detector': 'sma', 'detect.detector.sma.window': '5' })).toEqual({ sma: { window: 5 } });
  });

  it('knows how an option is entered, and leaves what does not fit to the server', () => {
    expect(fieldOf(number)).toEqual({ kind: 'number', hint: 'whole number from 2 to 9' });
    expect(fieldOf(duration)).toMatchObject({ kind: 'quantity' });
    expect(fieldOf({ anyOf: [{ enum: ['a', 'b'] }, reference] })).toEqual({ kind: 'choice', values: ['a', 'b'] });
    expect(fieldOf({ anyOf: [{ type: 'boolean' }, reference] })).toEqual({ kind: 'choice', values: ['true', 'false'] });
    expect([read('twenty', number), read('5s', duration), read('[1, 2]', {}), read('', number)]).toEqual(['twenty', '5s', [1, 2], null]);
    expect([shown(['a', 'b']), shown({ for: '5s' }), shown(0)]).toEqual(['a, b', '{"for":"5s"}', '0']);
  });
});
