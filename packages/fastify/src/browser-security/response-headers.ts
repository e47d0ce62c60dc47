import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import type { InlineSources, PrintPolicy } from './content-security-policy.ts';
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

/** The headers of what a scope sends. */
export interface ResponseHeaders {
  /** Adds them to every answer that Fastify sends in the scope, over those that it has. */
  readonly addTo: (scope: FastifyInstance) => void;
}

/** The headers of our own answers. */
export interface AnswerHeaders extends ResponseHeaders {
  /** The same headers as an object, for an answer that is written to `reply.raw`. */
  readonly of: (reply: FastifyReply) => Readonly<Record<string, string>>;
}

/** The headers of the SPA's pages and assets. */
export interface PageHeaders extends ResponseHeaders {
  /** Makes the policy of an HTML file with these inline scripts and styles. */
  readonly createPolicy: (inline: InlineSources) => PrintPolicy;
  /** Chooses the policy of the answer to this request, in place of the one without inline parts. */
  readonly choosePolicy: (request: FastifyRequest, policy: PrintPolicy) => void;
}

/** Prepares the security headers and the CORS rule of our own answers. */
export const prepareAnswerHeaders = (options: HeaderOptions, printPolicy: PrintPolicy): AnswerHeaders => {
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

/** Prepares the headers of the SPA's pages and assets, on top of those of our own answers, which errors alone have. */
export const preparePageHeaders = (
  options: Pick<ResolvedOptions, 'spa' | 'spaPermissionsPolicy' | 'spaCoop'>,
  answers: ResponseHeaders,
  createPolicy: PageHeaders['createPolicy'],
): PageHeaders => {
  const withoutInline = createPolicy({ scripts: [], styles: [] });
  const chosen = new WeakMap<FastifyRequest, PrintPolicy>();
  const isDevelopment = options.spa !== undefined && 'devServer' in options.spa;
  const own = {
    'cross-origin-opener-policy': options.spaCoop,
    'permissions-policy': options.spaPermissionsPolicy,
    // With no-referrer a form that posts to /logout has `Origin: null`, and older browsers send nothing else to judge by.
    'referrer-policy': 'same-origin',
  };
  return {
    addTo: (scope) => {
      answers.addTo(scope);
      scope.addHook('onSend', (request, reply, ...[, done]) => {
        // Errors are pages of ours, except for those of a dev server, which are shown in its own way.
        if (reply.statusCode < 400 || isDevelopment) {
          const printPolicy = chosen.get(request) ?? withoutInline;
          reply.headers(own).header('content-security-policy', printPolicy());
        }
        done();
      });
    },
    createPolicy,
    choosePolicy: (request, policy) => {
      chosen.set(request, policy);
    },
  };
};
