import { type AnonymousMe, type MeSession, paths, type SignedInMe } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addRoute, type Bff } from '../bff.ts';
import type { Session } from '../session/session.ts';
import type { SessionRecord } from '../session/session-record.ts';

const anonymousMe: AnonymousMe = { authenticated: false, loginUrl: paths.login };
const anonymous = JSON.stringify(anonymousMe);

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** What the browser may see of a session, member by member, up to the server's time. */
const printUpToNow = ({ id, user, displayName, idleExpiresAt, expiresAt }: Session): string => {
  const me: Omit<SignedInMe, 'session'> = {
    authenticated: true,
    user,
    displayName,
    logoutUrl: paths.logout,
  };
  const session: Omit<MeSession, 'now'> = {
    id,
    idleExpiresAt: time(idleExpiresAt),
    expiresAt: time(expiresAt),
  };
  return `${JSON.stringify(me).slice(0, -1)},"session":${JSON.stringify(session).slice(0, -1)},"now":"`;
};

/** ISO 8601 of one moment after another: only the milliseconds are printed each time. */
const createTimePrinter = (): ((milliseconds: number) => string) => {
  let second = Number.NaN;
  let printed = '';
  return (milliseconds) => {
    const current = Math.floor(milliseconds / 1000);
    if (current !== second) {
      second = current;
      printed = time(current * 1000).slice(0, -4);
    }
    return `${printed}${String(Math.floor(milliseconds - current * 1000)).padStart(3, '0')}Z`;
  };
};

/** Prints answers: what a record says is printed once, its times when they move, the server's time always. */
const createPrinter = (): ((session: Session, now: number) => string) => {
  const printNow = createTimePrinter();
  const printed = new WeakMap<SessionRecord, { readonly idleExpiresAt: number; readonly upToNow: string }>();
  return (session, now) => {
    const { record, idleExpiresAt } = session;
    let known = printed.get(record);
    if (known?.idleExpiresAt !== idleExpiresAt) {
      known = { idleExpiresAt, upToNow: printUpToNow(session) };
      printed.set(record, known);
    }
    return `${known.upToNow}${printNow(now)}"}}`;
  };
};

/** `GET /api/me`: who is signed in, for anybody, from the store alone. */
export const addMeRoute = (scope: FastifyInstance, { options, sessions }: Bff): void => {
  const print = createPrinter();
  const headers = {
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    vary: options.allowedOrigins.length === 0 ? 'Cookie' : 'Origin, Cookie',
  };
  const answer = (slides: boolean) => (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(headers);
    const slide = slides && !/[?&]slide=false(&|$)/.test(request.url);
    const tell = (session: Session | undefined): FastifyReply =>
      reply.send(session === undefined ? anonymous : print(session, options.clock()));
    const session = sessions.current(request, { slide });
    return session instanceof Promise ? session.then(tell) : tell(session);
  };
  addRoute(scope, paths.me, { GET: answer(true), HEAD: answer(false) });
};
