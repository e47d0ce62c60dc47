import {
  type BffOptions,
  bff,
  createServerOptions,
  currentUser,
  logRequest,
  requireUser,
} from '@foyer/fastify';
import Fastify, { type FastifyInstance } from 'fastify';
import { brand } from './src/brand.ts';

/** Creates the server: Foyer signs people in, and your own routes stand beside it. */
export const createApp = async (options: BffOptions, logLevel = 'info'): Promise<FastifyInstance> => {
  const app = Fastify(createServerOptions({ logLevel, trustProxy: [] }));
  app.addHook('onResponse', logRequest);
  const { name, accentColor } = brand;
  await app.register(bff, { brand: { name, accentColor }, ...options });

  app.get('/api/hello', { onRequest: requireUser }, async (request) => {
    const user = await currentUser(request);
    return { hello: user?.name ?? user?.sub };
  });
  return app;
};
