import { createHash, timingSafeEqual } from 'node:crypto';
import {
  countSessions,
  createServerOptions,
  endSessions,
  logRequest,
  type NamedSessions,
  nameSubject,
  Problem,
  replyProblem,
} from '@foyer/fastify';
import { logEvent } from '@foyer/fastify/events';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';

/** With which token operators come, and what is logged. */
export interface AdminSettings {
  readonly token: string;
  readonly logLevel: string;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compared by digests: how long it takes reveals nothing of the token, its length included. */
const createTokenCheck = (token: string) => {
  const expected = digest(`Bearer ${token}`);
  return ({ headers }: FastifyRequest): boolean =>
    timingSafeEqual(digest(headers.authorization ?? ''), expected);
};

const text = z.string().min(1).max(1024);
const named = z.union([
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

/** A call that was answered, for the log. */
interface AdminCall {
  readonly action: 'end' | 'count';
  readonly named: NamedSessions;
  readonly sessions: number;
}

const logCall = (
  app: FastifyInstance,
  request: FastifyRequest,
  { action, named, sessions }: AdminCall,
): void => {
  const [by] = Object.keys(named);
  const subject = 'sub' in named ? nameSubject(app, named.sub) : undefined;
  logEvent(request.log, 'admin_call', { action, by, sessions, subject, address: request.ip });
};

const addRoutes = (admin: FastifyInstance, app: FastifyInstance): void => {
  admin.post('/sessions/end', async (request, reply) => {
    const sessions = parse(named, request.body, 'Send {"sub":"…"}, {"sid":"…"} or {"id":"…"} as JSON.');
    const ended = await endSessions(app, sessions);
    logCall(app, request, { action: 'end', named: sessions, sessions: ended });
    return reply.send({ ended });
  });
  admin.get('/sessions', async (request, reply) => {
    const { sub } = parse(z.object({ sub: text }), request.query, 'Ask for /sessions?sub=….');
    const sessions = await countSessions(app, sub);
    logCall(app, request, { action: 'count', named: { sub }, sessions });
    return reply.send({ sessions });
  });
};

/**
 * Creates the server of operators, for a listener of its own: `POST /sessions/end` and `GET /sessions?sub=`, for holders of
 * the token alone.
 */
export const createAdminServer = (
  app: FastifyInstance,
  { token, logLevel }: AdminSettings,
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
