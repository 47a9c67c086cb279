/** Signing in with a browser, whose event streams cannot send a bearer token. */
import { Type } from '../../core/schema.ts';
import type { App, Context } from '../app.ts';
import { answers, closed } from './common.ts';

const tags = ['session'];

const shownIdentity = Type.Object(
  {
    name: Type.String(),
    role: Type.Enum(['viewer', 'operator']),
    expires: Type.Union([Type.Number(), Type.Null()], { description: 'When the session ends (ms since 1970); null when it does not' }),
    signedIn: Type.Boolean({ description: 'False when no token is needed here' }),
  },
  { ...closed, description: 'Who you are' },
);

export function session(app: App, { authority }: Context): void {
  const view = (identity: { name: string; role: string; expires: number }) => ({
    name: identity.name,
    role: identity.role,
    expires: Number.isFinite(identity.expires) ? identity.expires : null,
    signedIn: !authority.open,
  });

  app.get(
    '/session',
    { schema: { tags, summary: 'Who you are', querystring: Type.Object({}, closed), response: answers({ 200: shownIdentity }) } },
    (request) => view(request.identity!),
  );

  app.post(
    '/session',
    {
      config: { role: 'anyone' },
      bodyLimit: 4096,
      schema: {
        tags,
        summary: 'Sign in with a token',
        description: 'Sets a cookie that scripts cannot read and that no other site can send.',
        body: Type.Object({ token: Type.String({ minLength: 1, maxLength: 1024 }) }, closed),
        response: answers({ 200: shownIdentity }),
      },
    },
    (request, reply) => {
      const { identity, cookie } = authority.signIn(request.body.token);
      reply.header('set-cookie', cookie);
      return view(identity);
    },
  );

  app.delete(
    '/session',
    { config: { role: 'anyone' }, schema: { tags, summary: 'Sign out', response: answers({ 204: { type: 'null', description: 'Signed out' } }) } },
    (_request, reply) => reply.header('set-cookie', authority.signOut()).code(204).send(),
  );
}
