import type { FastifyInstance } from 'fastify';
import type { ResolvedOptions } from '../options.ts';

const permissions =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()';

/** The headers of every answer but its policy and its request id, computed once. @see OWASP ASVS 5.0 V3.4 */
export const createResponseHeaders = ({
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

/** Puts the headers on every answer of the scope; `policy` gives its content security policy. */
export const addResponseHeaders = (
  scope: FastifyInstance,
  headers: Readonly<Record<string, string>>,
  policy: () => string,
): void => {
  scope.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers);
    reply.header('x-request-id', request.id);
    reply.header('content-security-policy', policy());
    done();
  });
};
