import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addRoute, type Bff } from '../bff.ts';
import { type LogoutToken, LogoutTokenInvalid } from '../provider/provider.ts';

const readToken = (request: FastifyRequest): string => {
  const { body } = request;
  if (!(body instanceof URLSearchParams) || body.getAll('logout_token').length !== 1) {
    throw new LogoutTokenInvalid('The body has to be a form with one logout_token');
  }
  return body.get('logout_token') ?? '';
};

const claim = async ({ sessions }: Bff, token: LogoutToken): Promise<void> => {
  if (!(await sessions.claimOnce(`logout ${token.issuer} ${token.jti}`, token.staleAt))) {
    throw new LogoutTokenInvalid('The logout token was used before');
  }
};

const refuse = (request: FastifyRequest, reply: FastifyReply, error: LogoutTokenInvalid): FastifyReply => {
  request.log.warn(
    { event: 'backchannel_refused', reason: error.message, err: error.cause },
    'logout token refused',
  );
  return reply.code(400).send({ error: 'invalid_request', error_description: error.message });
};

/** `POST /logout/backchannel`. @see OpenID Connect Back-Channel Logout sections 2.5 to 2.8 */
export const addBackchannelLogoutRoute = (scope: FastifyInstance, bff: Bff): void => {
  addRoute(scope, paths.backchannelLogout, {
    POST: async (request, reply) => {
      bff.limitRate(request);
      reply.header('cache-control', 'no-store');
      try {
        const token = await bff.provider.verifyLogoutToken(readToken(request));
        await claim(bff, token);
        const ended = await bff.sessions.endByProvider(token);
        bff.options.observe?.({ kind: 'logout', by: 'provider' });
        request.log.info({ event: 'backchannel', ended }, 'signed out by the provider');
        return reply.code(200).send();
      } catch (error) {
        if (error instanceof LogoutTokenInvalid) return refuse(request, reply, error);
        throw error;
      }
    },
  });
};
