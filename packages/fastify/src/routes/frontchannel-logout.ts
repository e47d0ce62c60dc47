import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { goesTo, isPrefetch } from '../browser-security/cross-site.ts';
import { logEvent } from '../events.ts';
import { readQuery } from '../login/login-hints.ts';
import { Problem } from '../problems.ts';
import { whoOf } from '../session/log-subject.ts';
import type { AnnouncedLogout } from '../session/recent-logouts.ts';
import { addRoute } from './add-route.ts';

const maxSidLength = 1024;

/** The session that the provider’s page names, at each client that we are there. @see OpenID Connect Front-Channel Logout section 3 */
const readTargets = async (request: FastifyRequest, { providers, limitRate }: Bff) => {
  const refuse = async (reason: string): Promise<Problem> => {
    await limitRate(request);
    return new Problem('bad_request', reason);
  };
  // A link, an image or a prefetch of someone else’s ends nothing.
  if (!goesTo(request, ['iframe', 'frame']) || isPrefetch(request))
    throw await refuse('A front-channel logout is a frame in a page of the provider');
  const query = readQuery(request.url);
  const [issuer = '', sid = ''] = [query.get('iss'), query.get('sid')];
  const found = providers.all.filter(({ provider }) => provider.issuers().includes(issuer));
  if (found.length === 0) throw await refuse('iss of the front-channel logout is no issuer of ours, once');
  if (sid === '' || sid.length > maxSidLength)
    throw await refuse('The front-channel logout has no sid, or more than one');
  return found.map((at) => ({ at, logout: { issuer, clientId: at.options.clientId, sid } }));
};

/** Only requests that end no session count: a limit on the others would leave people signed in. */
const endCounted = async (request: FastifyRequest, bff: Bff, logout: AnnouncedLogout): Promise<number> => {
  const ended = await bff.sessions.endByProvider(logout);
  if (ended === 0) await bff.limitRate(request);
  // Within the limit alone: what is remembered for a login that is being finished takes room in the store.
  return ended + (await bff.sessions.endAnnounced(logout));
};

const endFramed = async (request: FastifyRequest, bff: Bff): Promise<void> => {
  for (const { at, logout } of await readTargets(request, bff)) {
    const ended = await endCounted(request, bff, logout);
    if (ended === 0) continue;
    at.options.observe?.({ kind: 'logout', by: 'provider' });
    logEvent(request.log, 'frontchannel', { ended, provider: at.name, ...whoOf(request) });
  }
};

/** Only pages of the provider may frame the answer, which shows nothing. */
const printPolicy = ({ providers }: Bff): string => {
  const issuers = providers.all.map(({ options }) => new URL(options.issuer).origin);
  const origins = new Set([...issuers, ...(providers.endSessionOrigins()?.split(' ') ?? [])]);
  return `default-src 'none'; frame-ancestors ${[...origins].join(' ')}`;
};

/**
 * `GET /logout/frontchannel`: the provider shows it in a hidden frame of its sign-out page. The Strict session cookie stays
 * away from there, so that the session is found by the provider's `sid`.
 *
 * @see OpenID Connect Front-Channel Logout 1.0
 */
export const addFrontchannelLogoutRoute = async (parent: FastifyInstance, bff: Bff): Promise<void> => {
  const end = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await endFramed(request, bff);
    return reply.type('text/html; charset=utf-8').send('<!doctype html><title>Signed out</title>');
  };
  // A scope of its own: its hook runs after that of all answers, which no page may frame.
  await parent.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', printPolicy(bff));
      reply.header('cross-origin-resource-policy', 'cross-origin');
    });
    addRoute(scope, paths.frontchannelLogout, { GET: end });
  });
};
