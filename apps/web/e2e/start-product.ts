import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DevProvider, startDevProvider } from '@foyer/dev-provider';
import { freePort } from '@foyer/testkit';

/** The product as it is shipped: the BFF in a process of its own, the built SPA, a real provider. */
export interface RunningProduct {
  readonly url: string;
  readonly provider: DevProvider;
  readonly close: () => Promise<void>;
}

const bff = resolve(import.meta.dirname, '../../bff/src/main.ts');
const build = resolve(import.meta.dirname, '../dist');

/** Waits for the log line that says where the server listens; a process that ends first fails the caller. */
const untilListening = async (child: ChildProcess): Promise<void> => {
  let output = '';
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The BFF did not start:\n${output}`);
  });
  const listening = new Promise<void>((done) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('Server listening')) done();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
  await Promise.race([listening, ended]);
  ended.catch(() => undefined);
};

/** Starts everything on free ports, with a store of its own. */
export const startProduct = async (): Promise<RunningProduct> => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startDevProvider({ publicUrls: [url] });
  const directory = await mkdtemp(join(tmpdir(), 'foyer-e2e-'));
  const child = spawn(process.execPath, [bff], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      PUBLIC_URL: url,
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      SPA_DIR: build,
      HOST: 'localhost',
    },
  });
  await untilListening(child);
  return {
    url,
    provider,
    close: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      await provider.close();
      await rm(directory, { recursive: true });
    },
  };
};
