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

/** With which token operators come, and what is logged. */
export interface AdminSettings {
  readonly token: string;
  readonly logLevel: string;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compared by digests: how long it takes tells nothing of the token, its length included. */
const createTokenCheck = (token: string) => {
  const expected = digest(`Bearer ${token}`);
  return ({ headers }: FastifyRequest): boolean =>
    timingSafeEqual(digest(headers.authorization ?? ''), expected);
};

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 1024;

const malformed = (): Problem =>
  new Problem('bad_request', 'A call of an operator names nothing, or more than one thing', {
    detail: 'Send {"sub":"…"}, {"sid":"…"} or {"id":"…"} as JSON.',
  });

const parseNamed = (body: unknown): NamedSessions => {
  const [entry, ...more] = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  if (entry === undefined || more.length > 0) throw malformed();
  const [by, value]: readonly [string, unknown] = entry;
  if (!isText(value)) throw malformed();
  if (by === 'sub') return { sub: value };
  if (by === 'sid') return { sid: value };
  if (by === 'id') return { id: value };
  throw malformed();
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
    const named = parseNamed(request.body);
    const ended = await endSessions(app, named);
    logCall(app, request, { action: 'end', named, sessions: ended });
    return reply.send({ ended });
  });
  admin.get<{ Querystring: { readonly sub?: unknown } }>('/sessions', async (request, reply) => {
    const { sub } = request.query;
    if (!isText(sub)) throw new Problem('bad_request', 'No sub', { detail: 'Ask for /sessions?sub=….' });
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
