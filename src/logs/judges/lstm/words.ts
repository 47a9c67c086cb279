/** What the network found and what it is, in words. */
import type { Reason } from '../../../core/contracts.ts';
import type { LogModel } from '../../../core/log-api.ts';
import type { Model } from './model.ts';
import { EDGE, type SequenceNetwork } from './network.ts';
import { END, type Order } from './reading.ts';
import { OTHER, RESERVED, UNKNOWN } from './vocabulary.ts';

const NAME = 'lstm-autoencoder';

/** Places whose error is at least this part of the largest are told, so many at most. */
const NOTABLE = 0.5;
const MOST = 4;

/** Says of the places with the largest errors what came, and what the network made of it. */
export function sayWhy(model: Model, sequence: Uint32Array, order: Order): Reason[] {
  const { errors, likeliest, tokens } = model.errors(sequence);
  const largest = errors.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) return [];
  const places = [...errors.keys()].filter((t) => errors[t] >= NOTABLE * largest).sort((a, b) => errors[b] - errors[a] || a - b);
  const told = places.slice(0, MOST);
  const texts = told.map((t) => sayPlace(sequence[t], tokens[t], expectedIn(model, likeliest[t]), errors[t], order));
  const templates = [...new Set(told.map((t) => (sequence[t] === END ? sequence[t - 1] : sequence[t])).filter((template) => template !== undefined))];
  const reason = { judge: NAME, text: texts.join('; '), templates };
  return [order === 'kept' ? { ...reason, places: told.filter((t) => sequence[t] !== END) } : reason];
}

function expectedIn(model: Model, token: number): string {
  if (token === EDGE) return 'the end';
  if (token === OTHER || token === UNKNOWN) return 'a rare event';
  return `{t:${model.vocabulary.template(token)}}`;
}

function sayPlace(template: number, token: number, expected: string, error: number, order: Order): string {
  if (token === UNKNOWN) return `{t:${template}} was in no session that the network has learnt`;
  const chance = `1 in ${Math.round(Math.min(1e9, Math.exp(error))).toLocaleString('en')}`;
  if (template === END) return `it ends (${chance}) without ${expected}`;
  if (order === 'kept') return `{t:${template}} (${chance}) instead of ${expected}`;
  return expected === 'the end' ? `{t:${template}} more often than it gives back (${chance})` : `{t:${template}} (${chance}) where it gives back ${expected}`;
}

const count = (n: number): string => n.toLocaleString('en');

/** The model's card, and the curve of the training that led to it. */
export function cardOf(
  model: Model | undefined,
  network: SequenceNetwork,
  now: { sessionsLeft: number; inferences: { made: number; remembered: number } },
): Omit<LogModel, 'judge'> {
  const { units, steps } = network.shape;
  const next: [string, string] = ['Next training', now.sessionsLeft === 0 ? 'under way' : `in ${count(now.sessionsLeft)} sessions`];
  const shape: [string, string][] = [
    ['Model', `LSTM encoder and decoder of ${units} units, windows of ${steps} events`],
    ['Parameters', count(network.weights.length)],
  ];
  if (model === undefined) return { card: [...shape, ['Trained', 'not yet'], next], loss: [] };
  const { trained, vocabulary, calibration, curve } = model;
  const card: [string, string][] = [
    ...shape,
    ['Trained', `${count(trained.version)} ${trained.version === 1 ? 'time' : 'times'}, in force since session ${count(trained.learnt)}`],
    ['Newest session learnt', new Date(trained.time).toISOString()],
    ['Sessions', `${count(trained.fitted)} learnt and ${count(trained.held)} held out, ${count(trained.sequences)} different`],
    ['Vocabulary', `${vocabulary.size} of ${vocabulary.templates.length - RESERVED} templates`],
    ['Steps', `${count(trained.steps)}, ${(curve.at(-1)?.epoch ?? 0).toFixed(1)} epochs`],
    ['Best validation loss', `${trained.loss.toPrecision(3)} nats an event`],
    ['Largest error of late', `${calibration.largest.toPrecision(3)} nats`],
    ['Scores', `${count(now.inferences.made)} worked out, ${count(now.inferences.remembered)} remembered`],
    next,
  ];
  return { card, loss: [...curve] };
}
