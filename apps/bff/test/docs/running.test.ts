import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DevProvider, startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort } from '@foyer/testkit';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEnvironment } from '../../src/environment.ts';
import { startServer } from '../../src/server.ts';
import { blocksIn, root } from '../kit/pages.ts';
import { commandsIn } from '../kit/shell-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'foyer-docs-running-'));
let url: string;
let provider: DevProvider;
let app: FastifyInstance;

beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), 'their page');
  const port = await freePort();
  url = `http://localhost:${port}`;
  provider = await startDevProvider({ publicUrls: [url] });
  const environment = {
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    PUBLIC_URL: url,
    HOST: 'localhost',
    PORT: String(port),
    SESSION_STORE: 'memory:',
    LOG_LEVEL: 'silent',
  };
  app = await startServer(parseEnvironment(environment, [], { dataDir: folder, spaDir: folder }));
});

afterAll(async () => {
  await app.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});

const read = (path: string): string => readFileSync(root + path, 'utf8');

test('the request that getting started sends is answered as it says', async () => {
  const commands = blocksIn('sh').flatMap(({ place, code }) =>
    place.includes('started') ? commandsIn(code) : [],
  );
  const [, path = ''] = /^curl -s http:\/\/localhost:3000(\S+)$/m.exec(commands.join('\n')) ?? [];
  expect(path).toBe('/api/me');
  expect(read('docs/getting-started.md')).toContain(`\`${await (await fetch(url + path)).text()}\``);
});

const recipes = [...read('docs/recipes.md').matchAll(/`(\/login\?[^`]+)`/g)].map(([, link = '']) => link);

test.for(recipes)('the parameter of %s is passed on to the provider', async (link) => {
  const answer = await fetch(url + link, { redirect: 'manual' });
  const asked = new URL(answer.headers.get('location') ?? '').searchParams;
  const wishes = [...new URLSearchParams(link.split('?')[1])].filter(([name]) => name !== 'returnTo');
  expect(answer.status).toBe(303);
  expect(wishes.map(([name]) => [name, asked.get(name)])).toEqual(wishes);
});

test('returnTo of the recipes is where a login ends', async () => {
  const [link = ''] = recipes.filter((each) => each.startsWith('/login?returnTo='));
  const browser = createBrowser();
  await browser.visit(url + link, { from: `${url}/` });
  const page = await browser.submit({ button: 'Ada Lovelace' });
  expect([page.url, page.text]).toEqual([`${url}/orders/7?tab=new#`, 'their page']);
});
