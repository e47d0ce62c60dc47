import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startDevProvider } from '@foyer/dev-provider';
import { freePort } from '@foyer/testkit';
import { onTestFinished } from 'vitest';
import { parseEnvironment } from '../../src/environment.ts';
import { startServer } from '../../src/server.ts';
import { createSessionKey } from './keys.ts';
import type { Front } from './start-front.ts';

/** What differs from an app on loopback with one page. */
interface AppOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** The proxy before it: then its URL is https. */
  readonly startFront?: Front['start'] | undefined;
  /** More files of the page's folder. */
  readonly files?: Readonly<Record<string, string>>;
}

const makeFolder = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-app-'));
  // The workers of nginx may be another user.
  chmodSync(folder, 0o755);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

const stop = async (child: ChildProcess | undefined): Promise<void> => {
  if (child === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};

/** Starts the app in this process, with a provider of its own; both are closed when the test is over. */
export const startApp = async ({ variables = {}, startFront, files = {} }: AppOptions = {}) => {
  const [port, inner] = [await freePort(), await freePort()];
  const url = startFront === undefined ? `http://localhost:${inner}` : `https://localhost:${port}`;
  const folder = makeFolder({ 'index.html': '<!doctype html><title>A page</title>', ...files });
  const provider = await startDevProvider({ publicUrls: [url], clientSecret: 'a-secret-of-these-tests' });
  const app = await startServer(
    parseEnvironment({
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      PUBLIC_URL: url,
      HOST: startFront === undefined ? 'localhost' : '127.0.0.1',
      PORT: String(inner),
      SESSION_STORE: 'memory:',
      SESSION_KEYS: createSessionKey(),
      SPA_DIR: folder,
      LOG_LEVEL: 'silent',
      ...variables,
    }),
  );
  const front = await startFront?.({ folder, port, upstream: inner });
  onTestFinished(async () => {
    await Promise.all([stop(front), app.close()]);
    await provider.close();
    rmSync(folder, { recursive: true });
  });
  return { url, provider };
};
