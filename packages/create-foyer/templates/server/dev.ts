import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { startDevProvider } from '@foyer/dev-provider';
import { createServer } from 'vite'; // with pages
import { brand } from './src/brand.ts';

// Starts an OpenID provider with demo people (unless .env names yours), and the server, which restarts when it is
// edited.
// Vite brings the pages; the browser opens the server alone, as in production. // with pages
if (existsSync('.env')) process.loadEnvFile('.env');
const { env } = process;
const port = env.PORT || '3000';
const publicUrl = env.PUBLIC_URL || `http://localhost:${port}`;

const isTaken = await fetch(`http://localhost:${port}`).then(
  () => true,
  () => false,
);
if (isTaken) {
  console.error(
    `Something answers on port ${port} already: stop it, or choose another port: PORT=3001 npm run dev`,
  );
  process.exit(1);
}

const vite = await createServer({ server: { host: '127.0.0.1' } }); // with pages
await vite.listen(); // with pages
const provider = env.OIDC_ISSUER
  ? undefined
  : await startDevProvider({ publicUrls: [publicUrl], appName: brand.name });

const server = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'server.ts'], {
  stdio: 'inherit',
  env: {
    ...env,
    ...(provider && {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
    }),
    SPA_DEV_SERVER: vite.resolvedUrls?.local[0]?.replace(/\/$/, '') ?? '', // with pages
    SESSION_KEYS: env.SESSION_KEYS || randomBytes(32).toString('base64'),
    LOG_LEVEL: env.LOG_LEVEL || 'warn',
  },
});
server.once('exit', (code) => process.exit(code ?? 0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.kill(signal));

const answers = () =>
  fetch(`http://localhost:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
while (!(await answers())) await setTimeout(100);
const people = provider ? 'Ada Lovelace, or any other name; no password' : `at ${env.OIDC_ISSUER}`;
console.log(`\n  Open     ${publicUrl}\n  Sign in  ${people}\n  Stop     Ctrl-C\n`);
