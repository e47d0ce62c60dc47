import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Access, type AccessTokens, InvalidToken } from './access-token.ts';

const realm = 'Bearer realm="demo-api"';

const refuse = (reply: FastifyReply, status: 401 | 403, challenge: string, error: string): FastifyReply =>
  reply.code(status).header('www-authenticate', challenge).send({ error });

/**
 * The access that a request brings, if it has the scope; `undefined` when it was refused and answered.
 *
 * @see RFC 6750 section 3
 */
export const requireScope = async (
  tokens: AccessTokens,
  scope: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Access | undefined> => {
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    refuse(reply, 401, realm, 'no_token');
    return undefined;
  }
  try {
    const access = await tokens.read(token);
    if (access.scopes.has(scope)) return access;
    refuse(reply, 403, `${realm}, error="insufficient_scope", scope="${scope}"`, 'insufficient_scope');
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
    request.log.info({ err: error.cause }, 'an access token was refused');
    refuse(reply, 401, `${realm}, error="invalid_token"`, 'invalid_token');
  }
  return undefined;
};
