import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';

/** Answers one method of a path. */
export type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** The methods of one path and who answers them. */
export type Answers = Readonly<Partial<Record<'GET' | 'HEAD' | 'POST' | 'DELETE', Answer>>>;

/**
 * Adds a path of ours: the given methods, and 405 with `Allow` for every other. No answer is kept by a cache, unless the route
 * says otherwise.
 *
 * @see RFC 9110 section 15.5.6; RFC 9111 section 5.2.2.5
 */
export const addRoute = (scope: FastifyInstance, url: string, answers: Answers): void => {
  const allow = Object.keys(answers);
  scope.foyer.allowedMethods.set(`${scope.prefix}${url}`, allow);
  for (const method of scope.supportedMethods) {
    const refuse: Answer = async () => {
      throw new Problem('method_not_allowed', `${method} is not among the methods of ${url}`, { allow });
    };
    const answer = Object.entries(answers).find(([name]) => name === method)?.[1] ?? refuse;
    const handler: Answer = (request, reply) => answer(request, reply.header('cache-control', 'no-store'));
    scope.route({ method, url, handler, exposeHeadRoute: false });
  }
};

/** Whether the host has a route at this path already. `OPTIONS` may be its own: @fastify/cors has a route for it. */
export const isTaken = (app: FastifyInstance, path: string): boolean =>
  app.supportedMethods.some((method) => method !== 'OPTIONS' && app.hasRoute({ method, url: path }));
