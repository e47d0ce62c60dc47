import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { createHeadWriter, createReadySender, type HeaderList, type ReadyAnswer } from './ready-answer.ts';

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

/** Headers by their names in lower case, as a reply was given them. */
type Given = Readonly<Record<string, number | string | string[] | undefined>>;

/** What an answer that Fastify does not send has to have beside its own. */
interface OurHeaders {
  /** What the reply was given, and its request id. */
  readonly given: Given;
  /** The headers of every answer of the scope. */
  readonly usual: Readonly<Record<string, string>>;
}

/** The headers of every answer of a scope. */
export interface ResponseHeaders {
  /** Puts them on whatever Fastify sends in the scope. */
  readonly addTo: (scope: FastifyInstance) => void;
  /** What an answer that Fastify does not send is begun with, or made from. */
  readonly of: (reply: FastifyReply) => OurHeaders;
  /** Begins an answer that Fastify does not send, with `own` headers under the usual ones. */
  readonly begin: (reply: FastifyReply, status: number, own: Given) => void;
  /** Sends an answer that lies ready. */
  readonly send: (reply: FastifyReply, answer: ReadyAnswer) => void;
}

/** Headers but those of the same names as `usual`. */
const listBeside = (usual: OurHeaders['usual'], headers: Given): readonly string[] => {
  const list: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || Object.hasOwn(usual, name)) continue;
    if (Array.isArray(value)) for (const one of value) list.push(name, one);
    else list.push(name, String(value));
  }
  return list;
};

/** Prepares the usual headers for answers of which `policy` tells the content security policy. */
export const prepareResponseHeaders = (
  usual: Readonly<Record<string, string>>,
  policy: () => string,
): ResponseHeaders => {
  let known: string | undefined;
  let named: Readonly<Record<string, string>> = usual;
  let listed: HeaderList = [];
  const writeHead = createHeadWriter();
  const sendReady = createReadySender(writeHead);
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
        const own = reply.getHeader('referrer-policy');
        reply.headers(named).header('x-request-id', request.id);
        if (own !== undefined) reply.header('referrer-policy', own);
        done();
      });
    },
    of: (reply) => {
      refresh();
      const given = reply.getHeaders();
      given['x-request-id'] = reply.request.id;
      return { given, usual: named };
    },
    begin: ({ raw }, status, own) => {
      refresh();
      writeHead(raw, status, listBeside(named, own), [listed]);
    },
    send: (reply, answer) => {
      refresh();
      sendReady(reply, listed, answer);
    },
  };
};
