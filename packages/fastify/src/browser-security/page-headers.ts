import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import type { PrintPolicy } from './content-security-policy.ts';
import { createPagePolicies, type InlineSources } from './content-security-policy.ts';
import type { ResponseHeaders } from './response-headers.ts';

/** The headers of the SPA's pages and assets. */
export interface PageHeaders {
  /** Puts them on what the scope sends; an error of the scope has those of our own answers. */
  readonly addTo: (scope: FastifyInstance) => void;
  /** Makes the policy of an HTML file with these inline scripts and styles. */
  readonly createPolicy: (inline: InlineSources) => PrintPolicy;
  /** Chooses the policy of the answer to this request, in place of the one without inline parts. */
  readonly choosePolicy: (request: FastifyRequest, policy: PrintPolicy) => void;
}

/** What the page headers depend on. */
export interface PageHeadersContext {
  readonly options: Pick<ResolvedOptions, 'spa' | 'spaCsp' | 'spaPermissionsPolicy' | 'spaCoop'>;
  readonly answers: Pick<ResponseHeaders, 'addTo'>;
  readonly endSessionOrigin: () => string | undefined;
}

/** Prepares the headers of the SPA's pages, on top of those of every answer. */
export const preparePageHeaders = ({
  options,
  answers,
  endSessionOrigin,
}: PageHeadersContext): PageHeaders => {
  const createPolicy = createPagePolicies(options);
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
          const print = chosen.get(request) ?? withoutInline;
          reply.headers(own).header('content-security-policy', print(endSessionOrigin()));
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
