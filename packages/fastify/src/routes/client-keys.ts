import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import type { Bff } from '../bff.ts';
import { addRoute } from './add-route.ts';

/** `GET /.well-known/foyer-jwks.json`: the public keys that the provider knows the client by. @see RFC 7517 section 5 */
export const addClientKeysRoute = (scope: FastifyInstance, { providers }: Bff): void => {
  const answer: Parameters<typeof addRoute>[2]['GET'] = async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send(providers.publicKeys());
  addRoute(scope, paths.clientKeys, { GET: answer, HEAD: answer });
};
