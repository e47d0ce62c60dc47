import { type ProviderList, paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import type { Bff } from '../bff.ts';
import { isSeveral } from '../options.ts';
import { addRoute } from './add-route.ts';

/** `GET /api/providers`: what a SPA needs for buttons of its own, where the configuration names several providers. */
export const addProvidersRoute = (scope: FastifyInstance, { options, providers }: Bff): void => {
  if (!isSeveral(options)) return;
  const list: ProviderList = {
    providers: providers.all.map(({ id, label }) => ({
      id,
      label,
      loginUrl: `${options.basePath}${paths.login}?provider=${id}`,
    })),
  };
  const answer: Parameters<typeof addRoute>[2]['GET'] = async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(list);
  addRoute(scope, paths.providers, { GET: answer, HEAD: answer });
};
