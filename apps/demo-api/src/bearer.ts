import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Access, type AccessTokens, InvalidToken } from './access-token.ts';
import type { DpopProofs } from './dpop-proof.ts';

/** What a call is judged by. */
export interface CallRules {
  readonly tokens: AccessTokens;
  readonly proofs: DpopProofs;
  /** Whether tokens have to be bound to a key. */
  readonly requiresDpop: boolean;
}

const readToken = ({ headers }: FastifyRequest): { scheme: string; token: string } | undefined => {
  const [, scheme, token] = /^(Bearer|DPoP) ([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '') ?? [];
  return scheme === undefined || token === undefined ? undefined : { scheme: scheme.toLowerCase(), token };
};

/** A token that is bound to a key is nothing without its proof, whatever else is required. @see RFC 9449 section 7.2 */
const readAccess = async (
  request: FastifyRequest,
  { tokens, proofs, requiresDpop }: CallRules,
  { scheme, token }: { readonly scheme: string; readonly token: string },
): Promise<Access> => {
  const access = await tokens.read(token);
  const { thumbprint } = access;
  if ((scheme === 'dpop') !== (thumbprint !== undefined) || (requiresDpop && thumbprint === undefined))
    throw new InvalidToken('It is bound to a key and came without a proof, or the reverse');
  if (thumbprint === undefined) return access;
  try {
    await proofs.verify(request, { token, thumbprint });
    return access;
  } catch (error) {
    throw new InvalidToken('Its proof is not acceptable', { cause: error });
  }
};

/**
 * The access of a request whose token has the scope. Otherwise answers with the refusal and returns `undefined`.
 *
 * @see RFC 6750 section 3; RFC 9449 section 7.1
 */
export const requireScope = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { scope, ...rules }: CallRules & { readonly scope: string },
): Promise<Access | undefined> => {
  const given = readToken(request);
  const isDpop = rules.requiresDpop || given?.scheme === 'dpop';
  const refuse = (error: string, parameters = ''): undefined => {
    reply
      .code(error === 'insufficient_scope' ? 403 : 401)
      .header('www-authenticate', `${isDpop ? 'DPoP' : 'Bearer'} realm="demo-api"${parameters}`)
      .send({ error });
  };
  if (given === undefined) return refuse('no_token');
  try {
    const access = await readAccess(request, rules, given);
    if (access.scopes.has(scope)) return access;
    return refuse('insufficient_scope', `, error="insufficient_scope", scope="${scope}"`);
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
    request.log.info({ err: error.cause }, 'an access token was refused');
    return refuse('invalid_token', ', error="invalid_token"');
  }
};
