import { type ProviderList, paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import type { Bff } from '../bff.ts';
import { isSeveral } from '../options.ts';
import { type Answer, addRoute } from './add-route.ts';

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
  const answer: Answer = async (_request, reply) => reply.send(list);
  addRoute(scope, paths.providers, { GET: answer, HEAD: answer });
};

/** `GET /.well-known/foyer-jwks.json`: the public keys that the provider knows the client by. @see RFC 7517 section 5 */
export const addClientKeysRoute = (scope: FastifyInstance, { providers }: Bff): void => {
  const answer: Answer = async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send(providers.publicKeys());
  addRoute(scope, paths.clientKeys, { GET: answer, HEAD: answer });
};
