import { type AnonymousMe, type MeSession, paths, type SignedInMe } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Session } from '../session/session.ts';
import type { SessionRecord } from '../session/session-record.ts';
import { addRoute, type Bff } from './bff.ts';

const anonymousMe: AnonymousMe = { authenticated: false, loginUrl: paths.login };
const anonymous = JSON.stringify(anonymousMe);

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** What an answer says before the server's time, and after it. */
interface Printed {
  readonly before: string;
  readonly after: string;
}

/** What the browser may see of a session, member by member, around the server's time. */
const printAroundNow = ({ id, user, displayName, idleExpiresAt, expiresAt }: Session): Printed => {
  const who: Pick<SignedInMe, 'authenticated' | 'user' | 'displayName'> = {
    authenticated: true,
    user,
    displayName,
  };
  const times: Pick<MeSession, 'idleExpiresAt' | 'expiresAt'> = {
    idleExpiresAt: time(idleExpiresAt),
    expiresAt: time(expiresAt),
  };
  return {
    before: `${JSON.stringify(who).slice(0, -1)},"session":{"id":${JSON.stringify(id)},"now":"`,
    after: `",${JSON.stringify(times).slice(1)},"logoutUrl":${JSON.stringify(paths.logout)}}`,
  };
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
  const printed = new WeakMap<SessionRecord, Printed & { readonly idleExpiresAt: number }>();
  return (session, now) => {
    const { record, idleExpiresAt } = session;
    let known = printed.get(record);
    if (known?.idleExpiresAt !== idleExpiresAt) {
      known = { idleExpiresAt, ...printAroundNow(session) };
      printed.set(record, known);
    }
    return `${known.before}${printNow(now)}${known.after}`;
  };
};

/** `GET /api/me`: who is signed in, for anybody, from the store alone. @see RFC 10017 section 6.1.2.1 */
export const addMeRoute = (scope: FastifyInstance, { options, sessions, headers }: Bff): void => {
  const print = createPrinter();
  const own = [
    'cache-control',
    'no-store',
    'content-type',
    'application/json; charset=utf-8',
    'vary',
    'Cookie',
  ];
  const answer = (isHead: boolean) => (request: FastifyRequest, reply: FastifyReply) => {
    const slide = !isHead && (request.url === paths.me || !/[?&]slide=false(&|$)/.test(request.url));
    const tell = (session: Session | undefined): FastifyReply => {
      const text = session === undefined ? anonymous : print(session, options.clock());
      headers.answers.send(reply, {
        status: 200,
        headers: own,
        body: isHead ? undefined : text,
        length: Buffer.byteLength(text),
        encoding: 'utf8',
      });
      return reply;
    };
    const session = sessions.current(request, { slide });
    return session instanceof Promise ? session.then(tell) : tell(session);
  };
  addRoute(scope, paths.me, { GET: answer(false), HEAD: answer(true) });
};
