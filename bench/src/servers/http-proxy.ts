import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { listen, readSettings } from './listen.ts';

const settings = readSettings();
const app = Fastify();
app.get('/api/me', async () => ({}));
await app.register(httpProxy, { upstream: settings.source, prefix: '/api/demo', rewritePrefix: '' });
await listen(app, settings);
