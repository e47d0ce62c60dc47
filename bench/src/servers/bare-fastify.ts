import Fastify from 'fastify';
import { listen, readSettings } from './listen.ts';

const settings = readSettings();
const answer: unknown = JSON.parse(settings.answer);
const app = Fastify();
app.get('/api/me', async () => answer);
await listen(app, settings);
