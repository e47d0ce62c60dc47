import { decodeProtectedHeader } from 'jose';
import { requireTokenType } from './checks/access-token.ts';
import { requireAlgorithm } from './checks/algorithm.ts';
import { type AcceptedIssuer, isAcceptedIssuer, tenantOf } from './checks/issuer.ts';
import type { AnswerReaders, ReadAnswer } from './openid-client.ts';
import { parseObject } from './provider-errors.ts';
import type { TokenTrust } from './signed-token.ts';
import type { Successors } from './successors.ts';
import { parseTokenAnswer, readRefusal } from './token-answer.ts';
import { readUserinfoAnswer } from './userinfo.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Optional claims of which `null` and empty text are absence; of what binds a token to a login they are not. */
const optional = ['azp', 'nbf', 'auth_time'];

const isEmpty = (value: unknown): boolean => value === null || value === '';

/** An issuer of an accepted tenant, which the token names a second time, is that of the metadata. */
const judgedIssuer = ({ iss, tid }: Claims, accepted: AcceptedIssuer): unknown => {
  const tenant = typeof iss === 'string' ? tenantOf(iss, accepted.issuer) : undefined;
  return tenant !== undefined && tenant === tid && isAcceptedIssuer(iss, accepted) ? accepted.issuer : iss;
};

/**
 * The ID token as openid-client shall judge its claims: without optional ones that are empty, and with the issuer of the
 * metadata in place of an accepted tenant's. The signature is verified over the token as it came.
 */
const judgedIdToken = (idToken: string, accepted: AcceptedIssuer): string => {
  const [header, payload, ...rest] = idToken.split('.');
  const claims =
    payload === undefined ? undefined : parseObject(Buffer.from(payload, 'base64url').toString());
  if (claims === undefined) return idToken;
  const present = Object.entries(claims).filter(
    ([name, value]) => !optional.includes(name) || !isEmpty(value),
  );
  const judged = { ...Object.fromEntries(present), iss: judgedIssuer(claims, accepted) };
  if (present.length === Object.keys(claims).length && judged.iss === claims.iss) return idToken;
  return [header, Buffer.from(JSON.stringify(judged)).toString('base64url'), ...rest].join('.');
};

const requireKnownAlgorithm = (idToken: string, { algorithms }: TokenTrust): void => {
  try {
    requireAlgorithm(decodeProtectedHeader(idToken).alg, algorithms);
  } catch (error) {
    // What is no token at all, openid-client refuses.
    if (!(error instanceof TypeError)) throw error;
  }
};

/** The new refresh token is kept first: whatever else the answer holds, the old one is used up. */
const readGrant =
  (trust: TokenTrust, successors: Successors): ReadAnswer =>
  async (answer, { form, isBound }) => {
    const tokens = parseTokenAnswer(answer);
    await successors.keep(form.get('refresh_token'), tokens.refresh_token);
    requireTokenType(tokens, isBound ? 'DPoP' : 'Bearer');
    if (tokens.id_token === undefined) return Response.json(tokens);
    requireKnownAlgorithm(tokens.id_token, trust);
    return Response.json({
      ...tokens,
      id_token: judgedIdToken(tokens.id_token, trust),
      signed_id_token: tokens.id_token,
    });
  };

/** Any 2xx is a success. @see RFC 7009 section 2.2 */
const readRevocation: ReadAnswer = async (answer) => {
  if (answer.status < 200 || answer.status > 299) throw readRefusal('revocation endpoint', answer);
  return new Response(null, { status: 200 });
};

/** Some providers answer 200 where 201 is due. @see RFC 9126 section 2.2 */
const readPushedRequest: ReadAnswer = async (answer) => {
  if (answer.status !== 200 && answer.status !== 201)
    throw readRefusal('pushed authorization request endpoint', answer);
  return Response.json(parseObject(answer.text), { status: 201 });
};

/** Makes the readers of the answers of one provider. */
export const createAnswerReaders = (trust: TokenTrust, successors: Successors): AnswerReaders => ({
  grant: readGrant(trust, successors),
  pushedRequest: readPushedRequest,
  revocation: readRevocation,
  userinfo: (answer) => readUserinfoAnswer(answer, trust),
});
