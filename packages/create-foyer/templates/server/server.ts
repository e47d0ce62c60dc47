import { openSessionStore } from '@foyer/fastify';
import { createApp } from './app.ts';
import { home } from './home.ts'; // without pages

const { env } = process;
const port = Number(env.PORT || 3000);
const sessionStore = await openSessionStore(env.SESSION_STORE || 'sqlite:.data/sessions.db');

const app = await createApp(
  {
    issuer: env.OIDC_ISSUER ?? '',
    clientId: env.OIDC_CLIENT_ID ?? '',
    clientSecret: env.OIDC_CLIENT_SECRET,
    publicUrl: env.PUBLIC_URL || `http://localhost:${port}`,
    sessionKeys: env.SESSION_KEYS?.split(',') ?? [],
    sessionStore,
    spa: env.SPA_DEV_SERVER ? { devServer: env.SPA_DEV_SERVER } : { dir: 'dist' }, // with pages
  },
  env.LOG_LEVEL,
);
app.addHook('onClose', () => sessionStore.close());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close());
app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(home)); // without pages

await app.listen({ port, host: env.HOST || 'localhost' });
