import fastifyStatic from '@fastify/static';
import Fastify from 'fastify';
import { listen, readSettings } from './listen.ts';

const settings = readSettings();
const app = Fastify();
app.get('/api/me', async () => ({}));
await app.register(fastifyStatic, { root: settings.source, preCompressed: true });
await listen(app, settings);
