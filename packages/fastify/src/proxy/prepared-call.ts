import type { FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { createIdentityHeaders } from '../gate/identity-headers.ts';
import { clientAddress } from '../logging/client-address.ts';
import type { Problem } from '../problems.ts';
import type { AccessToken } from '../provider/provider.ts';
import type { Session } from '../session/session-record.ts';
import { findAccessToken } from '../tokens/access-token.ts';
import { isOfPerson, type RequestedToken } from '../tokens/requested-token.ts';
import type { ApiMatch } from './api-routes.ts';
import { createDpopProofs, wantsNonce } from './dpop-proofs.ts';
import type { HeaderValues } from './hop-by-hop.ts';
import { findStepUpChallenge } from './step-up-challenge.ts';
import { hasBody } from './upload.ts';
import { type AnswerHead, isRepeatable, type Repetition, refusesToken } from './upstream-call.ts';
import { createUpstreamHeaders } from './upstream-headers.ts';

/** What a call and a WebSocket are both passed on with. */
export interface PreparedCall {
  /** Path and query at the upstream. */
  readonly target: string;
  readonly headers: HeaderValues;
  readonly repetition: Repetition | undefined;
  /** Takes the head of the upstream's answer. */
  readonly onHead: (head: AnswerHead) => void;
  /** The problem that is answered instead of what the upstream answers, if it is one. */
  readonly findChallenge: (
    status: number | undefined,
    upstream: AnswerHead['upstream'],
  ) => Problem | undefined;
  /** Seconds until the upstream must have begun to answer. */
  readonly timeout: number;
  readonly onSessionEnded: ((listener: () => void) => () => void) | undefined;
}

/** A body that is kept until the upstream has accepted the proof of the call. */
const maxKeptBytes = 64 * 1024;

const isKeepable = ({ raw }: FastifyRequest): boolean =>
  hasBody(raw) && Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= maxKeptBytes;

/** Makes what prepares calls. */
export const createPreparation = ({
  options,
  sessions,
  accessTokens,
  providers,
}: Pick<Bff, 'options' | 'sessions' | 'accessTokens' | 'providers'>) => {
  const createHeaders = createUpstreamHeaders(options.publicUrl);
  const proofs = createDpopProofs(providers);

  /** By which answers a call may be sent once more, and how. */
  const createRepetition = (
    request: FastifyRequest,
    {
      session,
      requested,
      token,
    }: { session: Session | undefined; requested: RequestedToken; token: AccessToken },
    {
      onHead,
      createFor,
    }: { onHead: PreparedCall['onHead']; createFor: (token: AccessToken) => Promise<HeaderValues> },
  ): Repetition | undefined => {
    const canRenew = session !== undefined && isOfPerson(requested) && isRepeatable(request.raw);
    const keepsBody = token.dpopKey !== undefined && isKeepable(request);
    const canProve = keepsBody || (token.dpopKey !== undefined && !hasBody(request.raw));
    if (!canRenew && !canProve) return undefined;
    return {
      keepsBody,
      isWanted: (head) => (canRenew && refusesToken(head)) || (canProve && wantsNonce(head)),
      createHeaders: async (head) => {
        onHead(head);
        if (wantsNonce(head)) return createFor(token);
        const renewed = canRenew ? await accessTokens.refreshAccessToken(session, requested) : undefined;
        return renewed && createFor(renewed);
      },
    };
  };

  return async (
    request: FastifyRequest,
    { route, origin, target, passHeaders, requested }: ApiMatch,
    session: Session | undefined,
  ): Promise<PreparedCall> => {
    const token = await findAccessToken(accessTokens, session, requested);
    const { method, id: requestId } = request;
    const ip = clientAddress(request);
    const identity = createIdentityHeaders(session, route);
    const createFor = async (sent: AccessToken | undefined): Promise<HeaderValues> => {
      const headers = Object.assign(createHeaders(request.headers, { requestId, ip }, passHeaders), identity);
      if (sent === undefined) return headers;
      return Object.assign(headers, await proofs.authorize(sent, { method, origin, target }));
    };
    const onHead = (head: AnswerHead): void => proofs.learn(origin, head);
    return {
      target,
      headers: await createFor(token),
      repetition: token && createRepetition(request, { session, requested, token }, { onHead, createFor }),
      onHead,
      findChallenge:
        route.auth === undefined || route.auth === 'required' ? findStepUpChallenge : () => undefined,
      timeout: route.timeout ?? options.apiTimeout,
      onSessionEnded: session && ((listener: () => void) => sessions.onEnded(session.id, listener)),
    };
  };
};
