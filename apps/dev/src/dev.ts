import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { startBffProcess } from './bff-process.ts';
import { type ProviderSetup, type Running, startEmbeddedProvider } from './embedded-provider.ts';
import { type DevEnvironment, DevEnvironmentError, readEnvironment } from './environment.ts';
import { freePort, tryPort } from './ports.ts';

const running: Running[] = [];

const stop = (code: number): void => {
  const closeAll = async (): Promise<void> => {
    for (const { close } of running.splice(0).reverse()) await close();
  };
  closeAll().then(
    () => process.exit(code),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
};

const startVite = async (base: string): Promise<string> => {
  const port = await freePort();
  const vite = await createServer({
    root: fileURLToPath(new URL('../../web', import.meta.url)),
    base,
    logLevel: 'warn',
    server: { host: '127.0.0.1', port, strictPort: true },
  });
  running.push(vite);
  await vite.listen();
  return `http://127.0.0.1:${port}`;
};

/** Where the pages come from. */
interface Pages {
  /** Variables of the BFF. */
  readonly variables: Readonly<Record<string, string>>;
  /** One line for the terminal. */
  readonly origin: string;
}

/** Starts the starter's dev server, unless other pages are configured. */
const findPages = async ({ devServer, hasOwnBuild, basePath }: DevEnvironment): Promise<Pages> => {
  if (devServer !== undefined)
    return {
      variables: {},
      origin: `of the dev server ${devServer} (SPA_DEV_SERVER)${hasOwnBuild ? '; SPA_DIR is not used' : ''}`,
    };
  if (hasOwnBuild) return { variables: {}, origin: 'of the build in SPA_DIR, as built' };
  return { variables: { SPA_DEV_SERVER: await startVite(basePath) }, origin: 'of the starter in apps/web' };
};

/** Starts the embedded provider and the demo API, unless another provider is configured. */
const setUpProvider = async (environment: DevEnvironment): Promise<ProviderSetup> => {
  const { configuredIssuer } = environment;
  if (configuredIssuer !== undefined)
    return { variables: {}, people: `at the provider of ${configuredIssuer}`, running: [] };
  const setup = await startEmbeddedProvider(environment);
  running.push(...setup.running);
  return setup;
};

const run = async (): Promise<void> => {
  const environment = readEnvironment();
  const { port, publicUrl, basePath, logLevel, inherited } = environment;
  if ((await tryPort(port)) === undefined) {
    throw new DevEnvironmentError(
      `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=${port + 1} npx pnpm dev`,
    );
  }
  const [{ variables, people }, pages] = await Promise.all([
    setUpProvider(environment),
    findPages(environment),
  ]);
  const bff = startBffProcess(
    { port, basePath },
    {
      ...inherited,
      ...variables,
      PORT: String(port),
      PUBLIC_URL: publicUrl,
      ...pages.variables,
      LOG_LEVEL: logLevel,
    },
  );
  running.push(bff);
  await bff.answers;
  console.log(
    `\n  Open     ${publicUrl}\n  Pages    ${pages.origin}\n  Sign in  ${people}\n  Stop     Ctrl-C\n`,
  );
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => stop(0));

await run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  stop(1);
});
