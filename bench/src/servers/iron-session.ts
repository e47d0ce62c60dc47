import Fastify from 'fastify';
import { getIronSession } from 'iron-session';
import { listen, readSettings } from './listen.ts';

const settings = readSettings();
const answer: unknown = JSON.parse(settings.answer);
const options = { password: 'x'.repeat(32), cookieName: 'iron', cookieOptions: { secure: false } };
const app = Fastify();
app.get('/login', async (request, reply) => {
  const session = await getIronSession<{ me?: unknown }>(request.raw, reply.raw, options);
  session.me = answer;
  await session.save();
  return {};
});
app.get('/api/me', async (request, reply) => {
  const session = await getIronSession<{ me?: unknown }>(request.raw, reply.raw, options);
  return session.me ?? { authenticated: false };
});
await listen(app, settings);
