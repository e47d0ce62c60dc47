import { createApp } from './app.ts';
import { readEnvironment } from './environment.ts';

const { port, ...options } = readEnvironment(process.env);
const app = await createApp(options);
await app.listen({ port, host: 'localhost' });
