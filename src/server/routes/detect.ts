/** Detection without a pipeline: posted points, a fresh detector, nothing kept. */
import { HomeostatError } from '../../core/errors.ts';
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { answers, closed } from './common.ts';

const number = Type.Union([Type.Number(), Type.Null()]);
const component = (what: string) =>
  Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: `${what} as in the configuration: { name: options }`, maxProperties: 1 }));

const body = Type.Object(
  {
    times: Type.Optional(
      Type.Array(Type.Union([Type.Number(), Type.String({ maxLength: 40 })]), {
        description: 'One per point: s, ms, µs or ns since 1970, or ISO 8601; 0, 1, 2 … seconds when absent',
      }),
    ),
    values: Type.Union([Type.Array(number), Type.Array(Type.Array(number))], { description: 'One number per point, or one row per point; null is missing' }),
    detector: component('Detector'),
    threshold: component('Threshold'),
  },
  closed,
);

export function detect(app: App, { running, limits }: Context): void {
  app.post(
    '/detect',
    {
      config: { role: 'viewer' },
      schema: {
        tags: ['verdicts'],
        summary: 'Score a posted series with a fresh detector',
        description: 'Nothing is stored. One verdict for every point, in order.',
        body,
        response: answers({ 200: Type.Object({ verdicts: Type.Array(ref('Verdict')) }, { ...closed, description: 'A verdict for every point' }) }),
      },
    },
    (request) => {
      const points = request.body.values.length;
      if (points > limits.max_points)
        throw new HomeostatError('REQUEST_INVALID', { detail: `${points} points are more than server.max_points ${limits.max_points}` });
      const { times } = request.body;
      if (times !== undefined && times.length !== points)
        throw new HomeostatError('REQUEST_INVALID', { detail: `there are ${times.length} times for ${points} points` });
      return { verdicts: running.detect(request.body) };
    },
  );
}
