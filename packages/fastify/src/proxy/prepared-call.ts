import type { FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { createIdentityHeaders } from '../gate/identity-headers.ts';
import { clientAddress } from '../logging/client-address.ts';
import { isAcrList } from '../options/requirement.ts';
import { Problem } from '../problems.ts';
import { createDpopNonces, readDpopNonce } from '../provider/dpop-nonces.ts';
import type { AccessToken } from '../provider/provider.ts';
import { stepUpAddress } from '../session/requirement.ts';
import type { Session } from '../session/session-record.ts';
import { isOfPerson } from '../tokens/requested-token.ts';
import type { AnswerHead } from './answer-headers.ts';
import type { ApiMatch } from './api-routes.ts';
import type { HeaderValues } from './hop-by-hop.ts';
import { hasBody } from './upload.ts';
import { createUpstreamHeaders } from './upstream-headers.ts';

/** A call or a WebSocket that may be passed on, and what it is passed on with. */
export interface PreparedCall {
  readonly request: FastifyRequest;
  readonly match: ApiMatch;
  readonly session: Session | undefined;
  readonly token: AccessToken | undefined;
  readonly headers: HeaderValues;
}

/** A body that is kept until the upstream has accepted the proof of the call. */
const maxKeptBytes = 64 * 1024;

const isKeepable = ({ raw }: FastifyRequest): boolean =>
  hasBody(raw) && Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= maxKeptBytes;

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether a request can be sent twice: it changes nothing more the second time, and has no body. @see RFC 9110 section 9.2.2 */
const isRepeatable = ({ method, raw }: FastifyRequest): boolean => idempotent.has(method) && !hasBody(raw);

const challengeOf = ({ upstream }: AnswerHead): string => String(upstream['www-authenticate'] ?? '');

/** Makes what finds whether an upstream refuses a call with this error. @see RFC 6750 section 3 */
const createRefusal = (error: string): ((head: AnswerHead) => boolean) => {
  const form = new RegExp(`\\berror\\s*=\\s*"?${error}\\b`, 'i');
  return (head) => head.status === 401 && form.test(challengeOf(head));
};
const refusesToken = createRefusal('invalid_token');
const refusesProof = createRefusal('use_dpop_nonce');
const asksForStepUp = createRefusal('insufficient_user_authentication');

/** Whether a proof is refused because it has no nonce, or an old one, and another is named. @see RFC 9449 section 9 */
const wantsNonce = (head: AnswerHead): boolean =>
  refusesProof(head) && readDpopNonce(head.upstream['dpop-nonce']) !== undefined;

const readParameter = (head: AnswerHead, form: RegExp): string => form.exec(challengeOf(head))?.[1] ?? '';

/** The problem for an answer that asks for a stronger or more recent sign-in. @see RFC 9470 section 3 */
const createStepUp = (head: AnswerHead): Problem => {
  const acrValues = readParameter(head, /\bacr_values\s*=\s*"([^"]*)"/i).split(' ');
  const maxAge = readParameter(head, /\bmax_age\s*=\s*"?(\d{1,9})\b/i);
  return new Problem('step_up_required', 'The upstream asks for a stronger or more recent sign-in', {
    loginUrl: stepUpAddress({
      acrValues: isAcrList(acrValues) ? acrValues : [],
      maxAge: maxAge === '' ? undefined : Number(maxAge),
    }),
  });
};

/** What calls are prepared with, and the heads of their answers judged. */
export interface PreparedCalls {
  /** What the upstream is sent. */
  readonly createHeaders: (
    call: Pick<PreparedCall, 'request' | 'match' | 'session'>,
    token: AccessToken | undefined,
  ) => Promise<HeaderValues>;
  /** Milliseconds until the upstream must have begun to answer. */
  readonly timeoutMsOf: (call: PreparedCall) => number;
  /** Whether the body is kept for a second call, and not streamed. */
  readonly keepsBody: (call: PreparedCall) => boolean;
  /** Remembers the nonce of an answer for the next proof. @see RFC 9449 section 8.2 */
  readonly learn: (call: PreparedCall, head: AnswerHead) => void;
  /** Whether an answer refuses the token of a call, or the proof of it, and the call may be sent once more. */
  readonly isRefused: (call: PreparedCall, head: AnswerHead) => boolean;
  /** The headers of the second call; `undefined` when they cannot be better than those of the first. */
  readonly renewHeaders: (call: PreparedCall, head: AnswerHead) => Promise<HeaderValues | undefined>;
  /** The problem that is answered instead of what the upstream answers, if it is one. */
  readonly findChallenge: (call: PreparedCall, head: AnswerHead) => Problem | undefined;
  /** Calls back when the session ends, if there is one; returns the way to stop listening. */
  readonly onSessionEnded: (call: PreparedCall, listener: () => void) => (() => void) | undefined;
}

/** Makes it. */
export const createPreparedCalls = ({
  options,
  sessions,
  accessTokens,
  providers,
}: Pick<Bff, 'options' | 'sessions' | 'accessTokens' | 'providers'>): PreparedCalls => {
  const createOwnHeaders = createUpstreamHeaders(options.publicUrl);
  const nonces = createDpopNonces();

  const createHeaders: PreparedCalls['createHeaders'] = async ({ request, match, session }, token) => {
    const { method, id: requestId } = request;
    const { route, origin, target, passHeaders } = match;
    const ip = clientAddress(request);
    const headers = createOwnHeaders(request.headers, { requestId, ip }, passHeaders);
    Object.assign(headers, createIdentityHeaders(session, route));
    if (token === undefined) return headers;
    const { accessToken, dpopKey } = token;
    headers.authorization = `${dpopKey === undefined ? 'Bearer' : 'DPoP'} ${accessToken}`;
    if (dpopKey === undefined) return headers;
    const proven = { method, url: `${origin}${target}`, accessToken, nonce: nonces.of(origin) };
    headers.dpop = await providers.createDpopProof(dpopKey, proven);
    return headers;
  };

  return {
    createHeaders,
    timeoutMsOf: ({ match }) => (match.route.timeout ?? options.apiTimeout) * 1000,
    keepsBody: ({ request, token }) => token?.dpopKey !== undefined && isKeepable(request),
    learn: ({ match }, head) => {
      const { status, upstream } = head;
      nonces.learn(match.origin, { status, nonce: upstream['dpop-nonce'], text: challengeOf(head) });
    },
    isRefused: ({ request, match, session, token }, head) => {
      if (token === undefined || head.status !== 401) return false;
      const canRenew = session !== undefined && isOfPerson(match.requested) && isRepeatable(request);
      const canProve = token.dpopKey !== undefined && (!hasBody(request.raw) || isKeepable(request));
      return (canRenew && refusesToken(head)) || (canProve && wantsNonce(head));
    },
    renewHeaders: async (call, head) => {
      if (wantsNonce(head)) return createHeaders(call, call.token);
      const { session, match } = call;
      if (session === undefined || !isOfPerson(match.requested)) return undefined;
      const renewed = await accessTokens.refreshAccessToken(session, match.requested);
      return renewed && createHeaders(call, renewed);
    },
    findChallenge: ({ match: { route } }, head) =>
      (route.auth ?? 'required') === 'required' && asksForStepUp(head) ? createStepUp(head) : undefined,
    onSessionEnded: ({ session }, listener) => session && sessions.onEnded(session.id, listener),
  };
};
