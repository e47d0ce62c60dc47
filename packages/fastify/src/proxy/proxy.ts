import type { FastifyInstance } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { parseRequestTarget } from './request-target.ts';

/**
 * Answers what no route of ours takes below `/api/`.
 *
 * @throws Error at start when API routes are configured: forwarding is not built.
 * @see spec section 9
 */
export const registerProxy = async (
  scope: FastifyInstance,
  { options }: { readonly options: ResolvedOptions },
): Promise<void> => {
  if (options.apiRoutes.length > 0) throw new Error('API_ROUTES: not supported yet. Leave it empty.');
  scope.all('/api/*', (request) => {
    parseRequestTarget(request.raw.url ?? '');
    throw new Problem('not_found', 'No such API');
  });
};
