import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { createReadySender, type HeaderList, type ReadyAnswer } from './ready-answer.ts';

const permissions =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()';

/** The headers of every answer but its policy and its request id. @see OWASP ASVS 5.0 V3.4 */
export const usualHeaders = ({
  isSecure,
  allowedOrigins,
}: Pick<ResolvedOptions, 'isSecure' | 'allowedOrigins'>): Readonly<Record<string, string>> => ({
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': allowedOrigins.length === 0 ? 'same-origin' : 'same-site',
  'permissions-policy': permissions,
  ...(isSecure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
});

type Given = Readonly<Record<string, number | string | string[] | undefined>>;

/** The headers of every answer of a scope. */
export interface ResponseHeaders {
  /** Puts them on whatever Fastify sends in the scope. */
  readonly addTo: (scope: FastifyInstance) => void;
  /** What an answer that Fastify does not send has to have: these, and those that the reply was given. */
  readonly of: (reply: FastifyReply) => Given;
  /** Sends an answer that lies ready. */
  readonly send: (reply: FastifyReply, answer: ReadyAnswer) => void;
}

/** Prepares the usual headers for answers of which `policy` tells the content security policy. */
export const prepareResponseHeaders = (
  usual: Readonly<Record<string, string>>,
  policy: () => string,
): ResponseHeaders => {
  let known: string | undefined;
  let named: Readonly<Record<string, string>> = usual;
  let listed: HeaderList = [];
  const sendReady = createReadySender();
  const refresh = (): void => {
    const current = policy();
    if (current === known) return;
    known = current;
    named = { ...usual, 'content-security-policy': current };
    listed = Object.entries(named).flat();
  };
  return {
    addTo: (scope) => {
      scope.addHook('onSend', (request, reply, _payload, done) => {
        refresh();
        reply.headers(named).header('x-request-id', request.id);
        done();
      });
    },
    of: (reply) => {
      refresh();
      return { ...reply.getHeaders(), ...named, 'x-request-id': reply.request.id };
    },
    send: (reply, answer) => {
      refresh();
      sendReady(reply, listed, answer);
    },
  };
};
