import type { FastifyReply } from 'fastify';

/** Adds a request header that the answer depends on to those that CORS or the host have named. */
export const addVary = (reply: FastifyReply, name: string): FastifyReply => {
  const given = reply.getHeader('vary');
  return reply.header('vary', given === undefined ? name : `${String(given)}, ${name}`);
};
