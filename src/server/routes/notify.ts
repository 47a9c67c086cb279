/** Receivers: tried out by an operator. */
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { ref } from '../schemas.ts';
import { answers, closed, nothing, pipelineName, pipelineOf } from './common.ts';

export function notify(app: App, { running }: Context): void {
  app.post(
    '/pipelines/:name/receivers/:target/test',
    {
      schema: {
        tags: ['pipelines'],
        summary: 'Send a test notice to a receiver',
        description: 'Sends one notice that says that nothing has happened, and waits for the answer. Real notices and their order are not affected.',
        params: Type.Object({ name: pipelineName, target: Type.String({ description: 'The receiver, as `slack#0`', minLength: 1, maxLength: 200 }) }, closed),
        body: nothing,
        response: answers({ 200: ref('ReceiverTest') }),
      },
    },
    (request) => {
      const { name, target } = request.params;
      return running.testReceiver(pipelineOf(running, name).name, target);
    },
  );
}
