import secureSession from '@fastify/secure-session';
import Fastify from 'fastify';
import { listen, readSettings } from './listen.ts';

declare module '@fastify/secure-session' {
  interface SessionData {
    me: unknown;
  }
}

const settings = readSettings();
const answer: unknown = JSON.parse(settings.answer);
const app = Fastify();
await app.register(secureSession, { key: Buffer.alloc(32, 1), cookie: { path: '/', httpOnly: true } });
app.get('/login', async (request) => {
  request.session.set('me', answer);
  return {};
});
app.get('/api/me', async (request) => request.session.get('me') ?? { authenticated: false });
await listen(app, settings);
