import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { logEvent } from '../events.ts';
import { type LogoutToken, LogoutTokenInvalid } from '../provider/provider.ts';
import { whoOf } from '../session/log-subject.ts';
import { addRoute } from './add-route.ts';

const readToken = (request: FastifyRequest): string => {
  const { body } = request;
  if (!(body instanceof URLSearchParams) || body.getAll('logout_token').length !== 1) {
    throw new LogoutTokenInvalid('The body has to be a form with one logout_token');
  }
  return body.get('logout_token') ?? '';
};

const usedBefore = (): LogoutTokenInvalid => new LogoutTokenInvalid('The logout token was used before');

/** A token is used up when its sessions have ended: one that met a store in trouble may be sent again. */
const endOnce = async ({ sessions }: Bff, token: LogoutToken): Promise<number> => {
  const use = `logout ${token.issuer} ${token.jti}`;
  if (await sessions.isClaimed(use)) throw usedBefore();
  const ended = await sessions.endAnnounced(token);
  if (!(await sessions.claimOnce(use, token.staleAt))) throw usedBefore();
  return ended;
};

const refuse = (request: FastifyRequest, reply: FastifyReply, error: LogoutTokenInvalid): FastifyReply => {
  const { address } = whoOf(request);
  logEvent(request.log, 'backchannel_refused', { reason: error.message, address, err: error.cause });
  return reply.code(400).send({ error: 'invalid_request', error_description: error.message });
};

/** `POST /logout/backchannel`. @see OpenID Connect Back-Channel Logout sections 2.5 to 2.8 */
export const addBackchannelLogoutRoute = (scope: FastifyInstance, bff: Bff): void => {
  addRoute(scope, paths.backchannelLogout, {
    POST: async (request, reply) => {
      try {
        const token = await bff.providers.verifyLogoutToken(readToken(request));
        const ended = await endOnce(bff, token);
        const { options, name } = bff.providers.of(token);
        options.observe?.({ kind: 'logout', by: 'provider' });
        logEvent(request.log, 'backchannel', { ended, provider: name, ...whoOf(request, token.sub) });
        return reply.code(200).send();
      } catch (error) {
        if (!(error instanceof LogoutTokenInvalid)) throw error;
        // Only refused tokens count: a limit on good ones would leave people signed in.
        await bff.limitRate(request);
        return refuse(request, reply, error);
      }
    },
  });
};
