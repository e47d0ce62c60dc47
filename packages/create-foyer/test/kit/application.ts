import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDevProvider } from '@foyer/dev-provider';
import { freePort, tieToThisProcess } from '@foyer/testkit';
import { root } from './tarballs.ts';

/** An application of somebody else's that owns its Fastify and knows nothing of this workspace. */
const application = `
import { bff, createServerOptions, currentUser, logRequest, openSessionStore, requireUser } from '@foyer/fastify';
import { parseMe } from '@foyer/contract';
import { createBffClient } from '@foyer/client';
import Fastify from 'fastify';

const { PORT, ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_KEY } = process.env;
if (typeof parseMe !== 'function' || typeof createBffClient !== 'function') throw new Error('Something is missing');
const app = Fastify(createServerOptions({ logLevel: 'info', trustProxy: [] }));
app.addHook('onResponse', logRequest);
await app.register(bff, {
  issuer: ISSUER,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  publicUrl: 'http://localhost:' + PORT,
  sessionKeys: [SESSION_KEY],
  sessionStore: await openSessionStore('sqlite:sessions.db'),
});
app.get('/', async () => 'their own page');
app.get('/hello', { onRequest: requireUser }, async (request) => ({ hello: (await currentUser(request)).sub }));
await app.listen({ port: Number(PORT), host: 'localhost' });
`;

const typescript = {
  compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', noEmit: true, types: ['node'] },
  files: ['example.ts'],
};

/** The first block of code of the page for people with a Fastify of their own. */
const documentedExample = (): string =>
  /```ts\n([\s\S]*?)```/.exec(readFileSync(`${root}docs/own-fastify-app.md`, 'utf8'))?.[1] ?? '';

/** Writes the application, with the packed packages and a version of Fastify in its manifest. */
export const writeApplication = async (packages: string, project: string, fastify: string): Promise<void> => {
  await mkdir(project);
  const packed = ['contract', 'client', 'fastify'].map((name) => [
    `@foyer/${name}`,
    `file:${packages}/${name}.tgz`,
  ]);
  const manifest = {
    ...{ name: 'own-application', private: true, type: 'module' },
    dependencies: { ...Object.fromEntries(packed), fastify },
    devDependencies: { '@types/node': '^24' },
  };
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(typescript));
  await writeFile(join(project, 'app.js'), application);
  await writeFile(join(project, 'example.ts'), documentedExample());
};

/** Runs the application with a provider of its own until it prints something. */
export const startApplication = async (project: string) => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startDevProvider({ publicUrls: [url] });
  const child = spawn(process.execPath, ['app.js'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      ISSUER: provider.issuer,
      CLIENT_ID: provider.clientId,
      CLIENT_SECRET: provider.clientSecret,
      SESSION_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
    },
  });
  const printed = { log: '', errors: '' };
  child.stdout.on('data', (bytes: Buffer) => (printed.log += String(bytes)));
  child.stderr.on('data', (bytes: Buffer) => (printed.errors += String(bytes)));
  const ended = once(tieToThisProcess(child), 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    url,
    printed,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
      await provider.close();
    },
  };
};
