import { type ProviderSetup, startEmbeddedProvider } from './embedded-provider.ts';
import { type DevEnvironment, DevEnvironmentError, readEnvironment } from './environment.ts';
import { createLinePrinter } from './log-lines.ts';
import { findAddressProblem } from './own-address.ts';
import { startPages } from './pages.ts';
import { findPortProblem } from './ports.ts';
import { startWatchedProcess, watchFiles } from './watched-process.ts';

/** What was started and has to be closed. */
const running: { readonly close: () => Promise<void> }[] = [];

const closeAll = async (): Promise<void> => {
  for (const { close } of running.splice(0).reverse()) await close();
};

const printError = (error: unknown): void =>
  console.error(error instanceof Error ? error.message : String(error));

const exit = (code: number): void => {
  closeAll().then(
    () => process.exit(code),
    (error: unknown) => {
      printError(error);
      process.exit(1);
    },
  );
};

const requirePort = async (port: number): Promise<void> => {
  const problem = await findPortProblem(port);
  if (problem === undefined) return;
  const choice = `choose another port: PORT=${port + 1} npx pnpm dev`;
  throw new DevEnvironmentError(
    problem === 'forbidden'
      ? `Port ${port} is not for this user. Use one from 1024 on: PORT=3000 npx pnpm dev`
      : `Port ${port} is taken by another program, which listens on ${problem}. Stop that program, or ${choice}`,
  );
};

/** Starts the embedded provider and the demo API, unless another provider is configured. */
const startProvider = async (
  environment: DevEnvironment,
  print: (line: string) => void,
): Promise<ProviderSetup> => {
  const { issuer } = environment;
  if (issuer === undefined) return startEmbeddedProvider(environment, print);
  const isFromFile = /_FILE$/.test(issuer.variable);
  const name = isFromFile ? issuer.variable : `${issuer.value} (${issuer.variable})`;
  return { variables: {}, provider: name, people: 'at that provider', processes: [] };
};

const start = async (): Promise<void> => {
  const environment = readEnvironment();
  const { port, host, publicUrl, basePath, logLevel } = environment;
  await requirePort(port);
  const print = createLinePrinter(logLevel !== undefined);
  const setup = await startProvider(environment, print);
  running.push(...setup.processes);
  const pages = await startPages(environment);
  running.push(pages);
  console.log(`\n  Provider  ${setup.provider}\n  Pages     ${pages.origin}\n`);
  const bff = startWatchedProcess({
    name: 'The BFF',
    file: 'apps/bff/src/main.ts',
    sources: ['apps/bff/src', 'packages/environment/src', 'packages/fastify/src', 'packages/contract/src'],
    environment: {
      ...environment.inherited,
      ...setup.variables,
      PORT: String(port),
      PUBLIC_URL: publicUrl,
      ...pages.variables,
      LOG_LEVEL: logLevel ?? 'info',
    },
    healthUrl: `http://${host}:${port}${basePath}healthz`,
    print,
  });
  running.push(bff);
  await Promise.all([...setup.processes, bff].map(({ answers }) => answers));
  const problem = await findAddressProblem(publicUrl, port);
  const address = problem === undefined ? `Open      ${publicUrl}` : `Not open  ${problem}`;
  console.log(`  ${address}\n  Sign in   ${setup.people}\n  Stop      Ctrl-C\n`);
};

const restart = async (): Promise<void> => {
  console.log('  .env was saved. Everything restarts.');
  await closeAll();
  try {
    await start();
  } catch (error) {
    printError(error);
    await closeAll();
    console.log('  Save .env again to start once more.');
  }
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => exit(0));

try {
  await start();
  let restarting = Promise.resolve();
  watchFiles(
    '.',
    () => {
      restarting = restarting.then(restart);
    },
    '.env',
  );
} catch (error) {
  printError(error);
  exit(1);
}
