import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Access, type AccessTokens, InvalidToken } from './access-token.ts';

const realm = 'Bearer realm="demo-api"';

const refuse = (reply: FastifyReply, error: string, parameters = ''): FastifyReply =>
  reply
    .code(error === 'insufficient_scope' ? 403 : 401)
    .header('www-authenticate', `${realm}${parameters}`)
    .send({ error });

/**
 * The access of a request whose token has the scope. Otherwise answers with the refusal and returns `undefined`.
 *
 * @see RFC 6750 section 3
 */
export const requireScope = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { tokens, scope }: { readonly tokens: AccessTokens; readonly scope: string },
): Promise<Access | undefined> => {
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    refuse(reply, 'no_token');
    return undefined;
  }
  try {
    const access = await tokens.read(token);
    if (access.scopes.has(scope)) return access;
    refuse(reply, 'insufficient_scope', `, error="insufficient_scope", scope="${scope}"`);
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
    request.log.info({ err: error.cause }, 'an access token was refused');
    refuse(reply, 'invalid_token', ', error="invalid_token"');
  }
  return undefined;
};
