import { createHash, timingSafeEqual } from 'node:crypto';
import {
  countSessions,
  createServerOptions,
  endSessions,
  logRequest,
  nameSubject,
  Problem,
  replyProblem,
} from '@foyer/fastify';
import { logEvent } from '@foyer/fastify/events';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compared by digests: how long it takes reveals nothing of the token, its length included. */
const createTokenCheck = (token: string) => {
  const expected = digest(`Bearer ${token}`);
  return ({ headers }: FastifyRequest): boolean =>
    timingSafeEqual(digest(headers.authorization ?? ''), expected);
};

const text = z.string().min(1).max(1024);
const namedSessions = z.union([
  z.strictObject({ sub: text }),
  z.strictObject({ sid: text }),
  z.strictObject({ id: text }),
]);

/** What a call names. @throws Problem when that is nothing, or more than one thing. */
const parse = <Value>(schema: z.ZodType<Value>, given: unknown, detail: string): Value => {
  const { data, success } = schema.safeParse(given);
  if (success) return data;
  throw new Problem('bad_request', 'A call of an operator names nothing, or more than one thing', { detail });
};

const addRoutes = (admin: FastifyInstance, app: FastifyInstance): void => {
  admin.post('/sessions/end', async ({ body, log, ip: address }, reply) => {
    const named = parse(namedSessions, body, 'Send {"sub":"…"}, {"sid":"…"} or {"id":"…"} as JSON.');
    const ended = await endSessions(app, named);
    const [by] = Object.keys(named);
    const subject = 'sub' in named ? nameSubject(app, named.sub) : undefined;
    logEvent(log, 'admin_call', { action: 'end', by, sessions: ended, subject, address });
    return reply.send({ ended });
  });
  admin.get('/sessions', async ({ query, log, ip: address }, reply) => {
    const { sub } = parse(z.object({ sub: text }), query, 'Ask for /sessions?sub=….');
    const sessions = await countSessions(app, sub);
    const subject = nameSubject(app, sub);
    logEvent(log, 'admin_call', { action: 'count', by: 'sub', sessions, subject, address });
    return reply.send({ sessions });
  });
};

/**
 * Creates the server of operators, for a listener of its own: `POST /sessions/end` and `GET /sessions?sub=`, for holders of
 * the token alone.
 */
export const createAdminServer = (
  app: FastifyInstance,
  { token, logLevel }: { readonly token: string; readonly logLevel: string },
): FastifyInstance => {
  const admin = Fastify({ ...createServerOptions({ logLevel, trustProxy: [] }), bodyLimit: 4096 });
  const holdsToken = createTokenCheck(token);
  admin.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (holdsToken(request)) return;
    logEvent(request.log, 'admin_refused', { address: request.ip });
    await reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'invalid_token' });
  });
  admin.addHook('onResponse', logRequest);
  admin.setErrorHandler(replyProblem);
  admin.setNotFoundHandler((request, reply) =>
    replyProblem(new Problem('not_found', 'No such call of an operator'), request, reply),
  );
  addRoutes(admin, app);
  return admin;
};
