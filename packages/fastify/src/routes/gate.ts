import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { wantsPage } from '../browser-security/public-origin.ts';
import { logEvent } from '../events.ts';
import { admit, sendToLogin } from '../gate/admission.ts';
import {
  type GateQuestion,
  type OriginalRequest,
  parseQuestion,
  readOriginalRequest,
} from '../gate/gate-question.ts';
import { present, printIdentity } from '../gate/identity-headers.ts';
import { fullyDecoded, parseReturnTo } from '../login/return-to.ts';
import { Problem } from '../problems.ts';
import type { Session } from '../session/session-record.ts';
import { addRoute } from './add-route.ts';

/** The path of the gate. */
export const gatePath = '/gate';

const signInProblems = ['unauthenticated', 'session_expired', 'step_up_required'];

const pathOf = (address: string): string => fullyDecoded(address.split(/[?#]/, 1)[0] ?? address);

/**
 * A token is for a server that asks, never for a script: that could forge what a proxy forwards, where one passes `/gate` on.
 * A script cannot change that its requests say `Sec-Fetch-Dest: empty`, and a request without that says where it goes.
 *
 * @see Fetch section 2.2.2, forbidden request-headers
 */
const requireServer = ({ headers, url }: FastifyRequest, { isForwarded }: OriginalRequest): void => {
  if (!isForwarded)
    throw new Problem(
      'forbidden',
      'The gate gives a token only to a proxy of TRUST_PROXY that forwards a request',
    );
  if (headers['sec-fetch-dest'] === 'empty')
    throw new Problem('forbidden', 'The gate gives no token where a script may be asking', {
      detail: 'Let the proxy remove Sec-Fetch-Dest from what it asks the gate with token=true.',
    });
  if (pathOf(String(headers['x-forwarded-uri'])) === pathOf(url))
    throw new Problem('forbidden', 'A proxy passes /gate on to a browser, which gets no token');
};

/** A token that is bound to a key of ours is of no use to another server. @see RFC 9449 section 7 */
const requireBearer = async ({ accessTokens }: Bff, session: Session): Promise<string> => {
  const { accessToken, dpopKey } = await accessTokens.accessToken(session);
  if (dpopKey === undefined) return accessToken;
  throw new Problem(
    'forbidden',
    'The access token is bound to a key (OIDC_DPOP): the gate cannot give it away',
  );
};

const answerAdmitted = async (
  bff: Bff,
  request: FastifyRequest,
  { question, original }: { question: GateQuestion; original: OriginalRequest },
): Promise<Readonly<Record<string, string>>> => {
  if (question.wantsToken) requireServer(request, original);
  const session = await admit(bff, request, { method: original.method, requirement: question.requirement });
  const { subject, name, email, groups } = printIdentity(bff, session);
  const token = question.wantsToken ? await requireBearer(bff, session) : undefined;
  return present({
    ...{ 'x-auth-subject': subject, 'x-auth-name': name, 'x-auth-email': email, 'x-auth-groups': groups },
    authorization: token === undefined ? '' : `Bearer ${token}`,
  });
};

/** What a navigation that does not pass has to ask the sign-in for; `undefined` where it is not to be sent there. */
const findHints = (
  error: unknown,
  request: FastifyRequest,
  { redirects }: GateQuestion,
): URLSearchParams | undefined =>
  redirects && error instanceof Problem && signInProblems.includes(error.code) && wantsPage(request)
    ? new URLSearchParams(error.options.loginUrl?.split('?')[1])
    : undefined;

/** Answers for other servers: 200 with who is signed in, or why the request does not pass. @see docs/gate.md */
export const addGateRoutes = (scope: FastifyInstance, bff: Bff): void => {
  let isWarned = false;
  const warnOnce = (log: FastifyBaseLogger): void => {
    if (!isWarned) logEvent(log, 'gate_not_trusted', {});
    isWarned = true;
  };
  const answer = async (
    reply: FastifyReply,
    question: GateQuestion,
    original: OriginalRequest,
  ): Promise<FastifyReply> => {
    reply.header('cache-control', 'no-store');
    try {
      return reply.headers(await answerAdmitted(bff, reply.request, { question, original })).send();
    } catch (error) {
      const hints = findHints(error, reply.request, question);
      if (hints !== undefined && !original.isForwarded) warnOnce(reply.log);
      if (hints === undefined || original.url === undefined) throw error;
      return sendToLogin(bff, reply, { returnTo: parseReturnTo(original.url.href, bff.options), hints });
    }
  };
  const asked = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    answer(reply, parseQuestion(request.url), readOriginalRequest(request, bff.options));
  addRoute(scope, gatePath, { GET: asked, HEAD: asked });

  // Envoy appends the address that it asks about, with its query, and keeps its method.
  const question = { redirects: true, wantsToken: false, requirement: undefined };
  const prefix = `${bff.options.basePath}${gatePath}`;
  scope.all(`${gatePath}/*`, (request, reply) =>
    answer(reply, question, readOriginalRequest(request, bff.options, request.url.slice(prefix.length))),
  );
};
