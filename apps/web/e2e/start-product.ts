import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DevProvider, startDevProvider } from '@foyer/dev-provider';
import { freePort, tieToThisProcess } from '@foyer/testkit';

/** The product as it is shipped: the BFF in a process of its own, the built SPA, a real provider. */
export interface RunningProduct<Beside extends BesideProvider = DevProvider> {
  readonly url: string;
  readonly provider: Beside;
  /** What the BFF has printed before it listened. */
  readonly output: string;
  readonly close: () => Promise<void>;
}

const bff = resolve(import.meta.dirname, '../../bff/src/main.ts');
const build = resolve(import.meta.dirname, '../dist');

/** Waits for the log line that says where the server listens; returns what was printed. A process that ends first fails the caller. */
const untilListening = async (child: ChildProcess): Promise<string> => {
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
  return output;
};

/** The provider to stand beside: an issuer with its client, and the way to stop it. */
export type BesideProvider = Pick<DevProvider, 'issuer' | 'clientId' | 'clientSecret' | 'close'>;

/** A started provider, and where the application will be. */
export type StartedBeside<Beside> = Beside & { readonly publicUrl: string };

/** How one test wants the product to differ. */
export interface ProductOptions<Beside extends BesideProvider> {
  /** Starts the provider for an application at this URL. Default: the embedded one. */
  readonly startProvider: (publicUrl: string) => Promise<Beside>;
  /** More of the BFF's variables, once the provider is known; `undefined` takes one away. */
  readonly variables?:
    | Readonly<Record<string, string | undefined>>
    | ((started: StartedBeside<Beside>) => Readonly<Record<string, string | undefined>>);
}

const startEmbedded = (publicUrl: string): Promise<DevProvider> =>
  startDevProvider({ publicUrls: [publicUrl] });

/** Starts everything on free ports, with a store of its own, beside the embedded provider. */
export const startProduct = (): Promise<RunningProduct<DevProvider>> =>
  startProductBeside({ startProvider: startEmbedded });

/** Starts the product beside a provider of the caller's. */
export const startProductBeside = async <Beside extends BesideProvider>({
  startProvider,
  variables = {},
}: ProductOptions<Beside>): Promise<RunningProduct<Beside>> => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startProvider(url);
  const directory = await mkdtemp(join(tmpdir(), 'foyer-e2e-'));
  const child = tieToThisProcess(
    spawn(process.execPath, [bff], {
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
        ...(typeof variables === 'function' ? variables({ ...provider, publicUrl: url }) : variables),
      },
    }),
  );
  const output = await untilListening(child);
  return {
    url,
    provider,
    output,
    close: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      await provider.close();
      await rm(directory, { recursive: true });
    },
  };
};
