import { randomBytes } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { type Access, createAccessTokens } from './access-token.ts';
import { requireScope } from './bearer.ts';
import { createDpopProofs } from './dpop-proof.ts';
import { createUserList } from './user-list.ts';

/** Options of the demo API. */
export interface DemoApiOptions {
  /** The issuer whose access tokens are accepted. */
  readonly issuer: string;
  /** The `aud` that they must have. */
  readonly audience: string;
  /** Whether tokens have to be bound to a key, and calls to prove it. Default false. @see RFC 9449 */
  readonly requiresDpop?: boolean;
  /** Pino's level; default `warn`. */
  readonly logLevel?: string;
}

const parseName = (body: unknown): string | undefined => {
  if (typeof body !== 'object' || body === null || !('name' in body)) return undefined;
  const name = typeof body.name === 'string' ? body.name.trim() : '';
  return name !== '' && name.length <= 60 && !/\p{Cc}/u.test(name) ? name : undefined;
};

/**
 * Creates the API: `GET /users` for `users:read`; `POST /users`, `DELETE /users/:id` and `POST /recovery-codes` for
 * `users:write`.
 */
export const createDemoApi = ({
  issuer,
  audience,
  requiresDpop = false,
  logLevel = 'warn',
}: DemoApiOptions): FastifyInstance => {
  const app = Fastify({ logger: { level: logLevel }, bodyLimit: 16 * 1024 });
  const rules = { tokens: createAccessTokens(issuer, audience), proofs: createDpopProofs(), requiresDpop };
  const users = createUserList();

  app.get('/healthz', async () => 'ok');

  app.get('/users', async (request, reply) => {
    const access = await requireScope(request, reply, { ...rules, scope: 'users:read' });
    return access === undefined ? reply : { users: users.all() };
  });

  app.register(async (scope) => {
    const writers = new WeakMap<object, Access>();
    scope.addHook('onRequest', async (request, reply) => {
      const access = await requireScope(request, reply, { ...rules, scope: 'users:write' });
      if (access === undefined) return reply;
      writers.set(request, access);
    });

    scope.post('/users', async (request, reply) => {
      const name = parseName(request.body);
      const sub = writers.get(request)?.sub;
      if (name === undefined || sub === undefined)
        return reply.code(400).send({ error: 'Send {"name": "…"} with 1 to 60 characters.' });
      const user = users.add(name, sub);
      if (user === undefined) return reply.code(409).send({ error: 'The list is full. Remove an entry.' });
      return reply.code(201).header('location', `/users/${user.id}`).send(user);
    });

    scope.post('/recovery-codes', async ({ body }, reply) => {
      const name = parseName(body);
      if (name === undefined)
        return reply.code(400).send({ error: 'Send {"name": "…"} with 1 to 60 characters.' });
      return reply.code(201).send({ name, code: randomBytes(6).toString('hex') });
    });

    scope.delete<{ Params: { id: string } }>('/users/:id', async ({ params }, reply) =>
      users.remove(params.id) ? reply.code(204).send() : reply.code(404).send({ error: 'No such entry.' }),
    );
  });

  return app;
};
