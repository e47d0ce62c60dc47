import { openSessionStore } from '@foyer/fastify';
import { createApp } from './app.ts';
import { brand } from './src/brand.ts';

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
  },
  env.LOG_LEVEL,
);
app.addHook('onClose', () => sessionStore.close());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close());

const home = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${brand.title}</title>
<h1>${brand.name}</h1>
<p><a href="/login">Sign in</a>, then see what <a href="/api/me">the server knows</a> and <a href="/api/hello">what it says</a>.</p>
<form method="post" action="/logout"><button>Sign out</button></form></html>`;
app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(home));

await app.listen({ port, host: env.HOST || 'localhost' });
