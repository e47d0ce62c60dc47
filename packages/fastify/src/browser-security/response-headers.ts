import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { createCors } from './cors.ts';

const permissions =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()';

type HeaderOptions = Pick<ResolvedOptions, 'isSecure' | 'allowedOrigins'>;

/** The security headers of every answer, without its policy and its request id. @see OWASP ASVS 5.0 V3.4 */
export const createSecurityHeaders = ({
  isSecure,
  allowedOrigins,
}: HeaderOptions): Readonly<Record<string, string>> => ({
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': allowedOrigins.length === 0 ? 'same-origin' : 'same-site',
  'permissions-policy': permissions,
  ...(isSecure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
});

/** The security headers and the CORS rule of our own answers. */
export interface ResponseHeaders {
  /** Adds them to every answer that Fastify sends in the scope, over those that it has. */
  readonly addTo: (scope: FastifyInstance) => void;
  /** The same headers as an object, for an answer that is written to `reply.raw`. */
  readonly of: (reply: FastifyReply) => Readonly<Record<string, string>>;
}

/** Prepares the headers of a scope; `printPolicy` returns its content security policy as it is now. */
export const prepareResponseHeaders = (
  options: HeaderOptions,
  printPolicy: () => string,
): ResponseHeaders => {
  const security = createSecurityHeaders(options);
  const cors = createCors(options);
  let prepared = { ...security, 'content-security-policy': printPolicy() };
  const current = (): Readonly<Record<string, string>> => {
    const policy = printPolicy();
    if (policy !== prepared['content-security-policy'])
      prepared = { ...security, 'content-security-policy': policy };
    return prepared;
  };
  return {
    addTo: (scope) => {
      scope.addHook('onRequest', (request, reply, done) => {
        if (!cors.answer(request, reply)) done();
      });
      scope.addHook('onSend', (request, reply, ...[, done]) => {
        reply.headers(current()).header('x-request-id', request.id);
        cors.setHeaders(request, reply);
        done();
      });
    },
    of: ({ request }) => ({ ...current(), 'x-request-id': request.id }),
  };
};
