import {
  type BffOptions,
  bff,
  createServerOptions,
  currentUser,
  logRequest,
  requireUser,
} from '@foyer/fastify';
import Fastify, { type FastifyInstance } from 'fastify';
import { createMapStore } from './map-store.ts';

/** The options that differ between deployments of the application. */
export type AppOptions = Pick<
  BffOptions,
  'issuer' | 'clientId' | 'clientSecret' | 'publicUrl' | 'sessionKeys'
> & { readonly logLevel?: string };

const home = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Notes</title>
<h1>Notes</h1><p><a href="/login">Sign in</a>, then see <a href="/notes">your notes</a>.</p></html>`;

/** The application's own pages and API: `requireUser` guards one scope, the page at `/` is public. */
const addNotes = (app: FastifyInstance): void => {
  const notes = new Map<string, readonly string[]>();
  app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(home));
  app.register(async (scope) => {
    scope.addHook('onRequest', requireUser);
    scope.get('/notes', async (request) => {
      const user = await currentUser(request);
      return { of: user?.sub, notes: notes.get(user?.sub ?? '') ?? [] };
    });
    scope.post<{ Body: { text: string } }>(
      '/notes',
      { schema: { body: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } } } },
      async (request, reply) => {
        const { sub } = (await currentUser(request)) ?? { sub: '' };
        notes.set(sub, [...(notes.get(sub) ?? []), request.body.text]);
        return reply.code(201).send({ of: sub, notes: notes.get(sub) });
      },
    );
  });
};

/** Creates the application: its own Fastify with the BFF as a plugin, and its own session store. */
export const createApp = async ({ logLevel = 'info', ...options }: AppOptions): Promise<FastifyInstance> => {
  const app = Fastify(createServerOptions({ logLevel, trustProxy: [] }));
  app.addHook('onResponse', logRequest);
  await app.register(bff, { ...options, sessionStore: createMapStore() });
  addNotes(app);
  return app;
};
