import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevProvider } from '@foyer/dev-provider';
import { freePort, launchChromium } from '@foyer/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BesideProvider, type RunningProduct, startProductBeside } from './start-product.ts';

/** A sound provider behind a server that adds a fragment to the address of each callback. */
interface AddingProvider extends BesideProvider {
  added: string;
}

const startAdding = async (publicUrl: string): Promise<AddingProvider> => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const provider = await startDevProvider({ publicUrls: [publicUrl], issuer });
  const { clientId, clientSecret } = provider;
  const front = createServer((incoming, outgoing) => {
    const { method, headers, url: path } = incoming;
    const passed = request({ host: '127.0.0.1', port: provider.port, method, headers, path }, (answer) => {
      const { location } = answer.headers;
      const isCallback = location?.startsWith(`${publicUrl}/login/callback`) ?? false;
      const changed = isCallback ? { location: `${location}${adding.added}` } : {};
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...changed });
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  }).listen(port, '127.0.0.1');
  await once(front, 'listening');
  const adding: AddingProvider = {
    ...{ issuer, clientId, clientSecret, added: '' },
    close: async () => {
      front.closeAllConnections();
      front.close();
      await provider.close();
    },
  };
  return adding;
};

let chromium: Browser;
let folder: string;
let starter: RunningProduct<AddingProvider>;
let plain: RunningProduct<AddingProvider>;

beforeAll(async () => {
  chromium = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), 'foyer-fragments-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Theirs</title><p>A page of theirs</p>');
  starter = await startProductBeside({ startProvider: startAdding });
  plain = await startProductBeside({ startProvider: startAdding, variables: { SPA_DIR: folder } });
});

afterAll(async () => {
  await chromium.close();
  await starter.close();
  await plain.close();
  await rm(folder, { recursive: true });
});

/** Where the address bar is after a sign-in that shows this text. */
const signIn = async ({ url }: RunningProduct<AddingProvider>, returnTo: string, shown: string) => {
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`${url}/login?returnTo=${encodeURIComponent(returnTo)}`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByText(shown).first().waitFor();
  const address = page.url();
  await page.context().close();
  return address;
};

test.for(['#_=_', '#state=x'])('the fragment %s of a provider reaches no page', async (added) => {
  plain.provider.added = added;
  const text = 'A page of theirs';
  expect(await signIn(plain, '/deep?x=1', text)).toBe(`${plain.url}/deep?x=1#`);
  expect(await signIn(plain, '/deep?x=1#part', text)).toBe(`${plain.url}/deep?x=1#part`);
});

test.for(['#_=_', '#state=x'])(
  'with the client library an address ends without # after a provider added %s',
  async (added) => {
    starter.provider.added = added;
    expect(await signIn(starter, '/profile?x=1', 'User object:')).toBe(`${starter.url}/profile?x=1`);
    expect(await signIn(starter, '/profile#part', 'User object:')).toBe(`${starter.url}/profile#part`);
  },
);
