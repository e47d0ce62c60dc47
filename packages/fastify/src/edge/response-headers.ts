import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ResolvedOptions } from '../options.ts';

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

/** A whole answer that lies ready. */
export interface ReadyAnswer {
  readonly status: number;
  /** Names in lower case and values, in turn, beside the headers of every answer; nothing else may give them others. */
  readonly headers: readonly string[];
  readonly body: string | undefined;
  /** How the body becomes bytes. */
  readonly encoding: 'utf8' | 'latin1';
}

/** The headers of every answer of a scope. */
export interface ResponseHeaders {
  /** Puts them on whatever Fastify sends in the scope. */
  readonly addTo: (scope: FastifyInstance) => void;
  /** What an answer that Fastify does not send has to have: these, and those that the reply was given. */
  readonly of: (reply: FastifyReply) => Given;
  /** Sends an answer as it is, head and body in one piece, past Fastify's own way of it and its `onSend` hooks. */
  readonly send: (reply: FastifyReply, answer: ReadyAnswer) => void;
}

/** Prepares the usual headers for answers of which `policy` tells the content security policy. */
export const prepareResponseHeaders = (
  usual: Readonly<Record<string, string>>,
  policy: () => string,
): ResponseHeaders => {
  let known: string | undefined;
  let named: Readonly<Record<string, string>> = usual;
  let listed: readonly string[] = [];
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
    send: (reply, { status, headers, body, encoding }) => {
      refresh();
      const { raw, request } = reply;
      const list = [...listed, 'x-request-id', request.id, ...headers];
      const given: Given = reply.getHeaders();
      for (const name in given) {
        const value = given[name];
        if (value === undefined || list.includes(name)) continue;
        for (const one of Array.isArray(value) ? value : [String(value)]) list.push(name, one);
      }
      reply.hijack();
      raw.writeHead(status, list).end(body, encoding);
    },
  };
};
