import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startDevProvider } from '@foyer/dev-provider';
import { createServer } from 'vite';
import { startBffProcess } from './bff-process.ts';
import { freePort, tryPort } from './ports.ts';

/** A thing that was started and has to be stopped. */
interface Running {
  readonly close: () => Promise<void>;
}

const running: Running[] = [];
const issuerNames = ['OIDC_ISSUER', 'AUTH_URL', 'PLUSAUTH_ISSUER_URL'];

const closeAll = async (): Promise<void> => {
  for (const { close } of running.splice(0).reverse()) await close();
};

const stop = (code: number): void => {
  closeAll().then(
    () => process.exit(code),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
};

const isSet = (name: string): boolean =>
  (process.env[name] ?? '') !== '' || (process.env[`${name}_FILE`] ?? '') !== '';

const startVite = async (): Promise<string> => {
  const port = await freePort();
  const vite = await createServer({
    root: fileURLToPath(new URL('../../web', import.meta.url)),
    logLevel: 'warn',
    server: { host: '127.0.0.1', port, strictPort: true },
  });
  running.push(vite);
  await vite.listen();
  return `http://127.0.0.1:${port}`;
};

/** The embedded provider's variables and people; nothing when another provider is configured. */
const startProvider = async (
  publicUrl: string,
): Promise<{ readonly variables: Readonly<Record<string, string>>; readonly people: string }> => {
  const configured = issuerNames.find(isSet);
  if (configured !== undefined) return { variables: {}, people: `at the provider of ${configured}` };
  const provider = await startDevProvider({ port: await freePort(), publicUrls: [publicUrl] });
  running.push(provider);
  const { issuer, clientId, clientSecret } = provider;
  return {
    variables: { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret },
    people: `as one of the people on the sign-in page, or with any other name, at ${issuer}`,
  };
};

const run = async (): Promise<void> => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const port = Number(process.env.PORT || 3000);
  const publicUrl = process.env.PUBLIC_URL || `http://localhost:${port}`;
  if ((await tryPort(port)) === undefined) {
    console.error(
      `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=${port + 1} npx pnpm dev`,
    );
    process.exitCode = 1;
    return;
  }
  const [{ variables, people }, viteUrl] = await Promise.all([startProvider(publicUrl), startVite()]);
  const bff = startBffProcess(port, {
    ...variables,
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    SPA_DEV_SERVER: viteUrl,
    LOG_LEVEL: process.env.LOG_LEVEL || 'warn',
  });
  running.push(bff);
  await bff.answers;
  console.log(`\n  Open     ${publicUrl}\n  Sign in  ${people}\n  Stop     Ctrl-C\n`);
};

process.once('SIGINT', () => stop(0));
process.once('SIGTERM', () => stop(0));
process.once('SIGHUP', () => stop(0));

await run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  stop(1);
});
