import {
  type BffOptions,
  bff,
  createServerOptions,
  currentUser,
  logRequest,
  requireUser,
} from '@foyer/fastify';
import Fastify, { type FastifyInstance } from 'fastify';

/** Creates the server: Foyer signs people in, and your own routes stand beside it. */
export const createApp = async (options: BffOptions, logLevel = 'info'): Promise<FastifyInstance> => {
  const app = Fastify(createServerOptions({ logLevel, trustProxy: [] }));
  app.addHook('onResponse', logRequest);
  await app.register(bff, options);

  app.get('/api/hello', { onRequest: requireUser }, async (request) => {
    const user = await currentUser(request);
    return { hello: user?.name ?? user?.sub };
  });
  return app;
};
