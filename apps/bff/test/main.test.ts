import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startRedis, tieToThisProcess } from '@foyer/testkit';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createClientKey } from './kit/keys.ts';
import { root } from './kit/pages.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const doctor = fileURLToPath(new URL('../src/doctor.ts', import.meta.url));
let folder = '';
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foyer-main-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>A page</title>');
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const startMain = (
  variables: Readonly<Record<string, string>>,
  program: readonly string[] = [main],
): { readonly child: ChildProcess; readonly errors: () => string; readonly output: () => string } => {
  const child = spawn(process.execPath, program, {
    cwd: folder,
    env: { PATH: process.env.PATH, SPA_DIR: folder, OIDC_ISSUER: 'http://127.0.0.1:9', ...variables },
  });
  started.push(tieToThisProcess(child));
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  return { child, errors: () => text, output: () => printed };
};

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const client = { OIDC_CLIENT_ID: 'app', OIDC_CLIENT_SECRET: 'any-secret' };

const statusOf = async (url: string): Promise<number> => {
  try {
    return (await fetch(url)).status;
  } catch {
    return 0; // The server does not listen yet.
  }
};

test('the BFF answers with the provider down, and SIGTERM ends it with 0', async () => {
  const port = await freePort();
  const { child } = startMain({ ...client, PORT: String(port), PUBLIC_URL: `http://localhost:${port}` });
  await expect.poll(() => statusOf(`http://127.0.0.1:${port}/healthz`), { timeout: 10_000 }).toBe(200);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('a wrong configuration ends with 1 and names each variable', async () => {
  const { child, errors } = startMain({ PORT: 'x' });
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(errors()).toBe(
    [
      'The configuration has mistakes:',
      '  PORT is not a whole number. Give a number between 1 and 65535.',
      '  OIDC_CLIENT_ID is missing. Copy the client id from the provider.',
      '  OIDC_CLIENT_SECRET is missing. Copy the client secret from the provider; Foyer is a confidential client.',
      '',
    ].join('\n'),
  );
});

test('a typo is reported beside the variable that it leaves missing', async () => {
  const { child, errors } = startMain({ OIDC_CLIENT_SECRET: 'any-secret', OIDC_CLIENTID: 'app' });
  await once(child, 'close');
  expect(errors()).toBe(
    [
      'The configuration has mistakes:',
      '  OIDC_CLIENT_ID is missing. Copy the client id from the provider.',
      '  OIDC_CLIENTID is not a variable of Foyer: it has no effect. Is it a typo?',
      '',
    ].join('\n'),
  );
});

test('a taken port is reported plainly, and ends with 1', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const port = portOf(holder);
  const { child, errors } = startMain({ ...client, PORT: String(port) });
  const [code] = await once(child, 'close');
  holder.close();
  expect(code).toBe(1);
  expect(errors()).toContain(`Port ${port} is taken by another program.`);
});

test.for(['PORT', 'METRICS_PORT'])(
  'a start before Redis that finds %s taken ends with 1, and the reason is the last line',
  async (variable) => {
    await using redis = await startRedis();
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    const taken = String(portOf(holder));
    const free = String(await freePort());
    const { child, errors } = startMain({
      ...client,
      ...{ PORT: free, METRICS_PORT: '', HOST: '127.0.0.1', SESSION_STORE: redis.url, [variable]: taken },
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(errors().trimEnd().split('\n').at(-1)).toMatch(
      /^(METRICS_PORT|Port) \d+ is taken by another program\./,
    );
  },
);

test('a store that cannot be opened ends the start with 1, and the reason is the last line', async () => {
  const { child, errors } = startMain({
    ...client,
    SESSION_STORE: `sqlite:${folder}/index.html/sessions.db`,
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(errors().trimEnd().split('\n').at(-1)).toMatch(/^SESSION_STORE cannot be opened/);
});

test('what the provider lacks for the profile ends the start with 1, all of it at once', async () => {
  const metadata = createServer((_request, response) => {
    const issuer = `http://127.0.0.1:${portOf(metadata)}`;
    response.end(JSON.stringify({ issuer, pushed_authorization_request_endpoint: `${issuer}/par` }));
  }).listen(0, '127.0.0.1');
  await once(metadata, 'listening');
  onTestFinished(() => void metadata.close());
  const { child, errors } = startMain({
    OIDC_ISSUER: `http://127.0.0.1:${portOf(metadata)}`,
    ...{ OIDC_CLIENT_ID: 'app', OIDC_CLIENT_KEY: createClientKey('ES256'), OIDC_PROFILE: 'fapi2' },
    ...{ PORT: String(await freePort()), SESSION_STORE: 'memory:' },
  });
  const [code] = await once(child, 'close');
  const lacks = [
    'authorization_response_iss_parameter_supported',
    'S256 in code_challenge_methods_supported',
    'private_key_jwt in token_endpoint_auth_methods_supported',
    'PS256, ES256, EdDSA, Ed25519 in id_token_signing_alg_values_supported',
    'ES256 in dpop_signing_alg_values_supported',
  ].map(
    (gap) =>
      `  OIDC_PROFILE fapi2 needs ${gap}, which the provider does not announce. Switch it on at the provider, or leave the profile out.`,
  );
  expect([code, errors()]).toEqual([1, ['The configuration has mistakes:', ...lacks, ''].join('\n')]);
});

test('an address that this machine does not have is reported plainly, and ends with 1', async () => {
  const { child, errors } = startMain({ ...client, HOST: '192.0.2.1' });
  const [code] = await once(child, 'close');
  expect([code, errors()]).toEqual([
    1,
    'HOST 192.0.2.1 is no address of this machine (EADDRNOTAVAIL). Use 127.0.0.1, or 0.0.0.0 for every address.\n',
  ]);
});

test('no secret is printed when the configuration or the store is refused', async () => {
  const secrets = {
    OIDC_CLIENT_SECRET: 'canary-client',
    SESSION_KEYS: 'canary-key',
    OIDC_ISSUER: 'https://user:canary-issuer@op.example',
    PUBLIC_URL: 'https://user:canary-url@app.example',
  };
  for (const variables of [
    { ...secrets, OIDC_CLIENT_ID: 'app', SESSION_STORE: 'postgres://u:canary-store@db.example' },
    { ...client, SESSION_STORE: `sqlite:${folder}/index.html/canary.db` },
  ]) {
    const { child, errors } = startMain(variables);
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(errors()).not.toContain('canary');
    expect(errors()).not.toMatch(/\n\s+at /);
  }
});

test('the image compiles ahead what a start loads, by files that are there', () => {
  const compiled = [
    ...readFileSync(join(root, 'Dockerfile'), 'utf8').matchAll(/import\('\/app\/([^']+)'\)/g),
  ];
  expect(compiled.map(([, path = '']) => [path, existsSync(join(root, path))])).toEqual([
    ['apps/bff/src/main.ts', true],
    ['apps/bff/src/run.ts', true],
    ['packages/fastify/src/provider/provider-context.ts', true],
    ['packages/fastify/src/provider/steps.ts', true],
  ]);
});

test('.env is loaded by pnpm start and the doctor, and not by what the image runs', async () => {
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toMatch(/\nCMD \["apps\/bff\/src\/main\.ts"\]\n$/);
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const envFile = '--env-file-if-exists=.env';
  expect([scripts.start, scripts.examine]).toEqual([
    `node ${envFile} apps/bff/src/main.ts`,
    `node ${envFile} apps/bff/src/doctor.ts`,
  ]);
  // pnpm has a command of its own named doctor, which `npx pnpm doctor` runs.
  expect(scripts.doctor).toBe(scripts.examine);
  expect(readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')).toContain('**/.env*');
  writeFileSync(join(folder, '.env'), 'LOG_LEVEL=loud\n');
  const answers = await Promise.all(
    [[envFile, main], [envFile, doctor], [main]].map(async (program) => {
      const { child, errors, output } = startMain({}, program);
      const [code] = await once(child, 'close');
      const said = errors() + output();
      return [code, said.includes('LOG_LEVEL is not a log level'), said.includes('loud')];
    }),
  );
  expect(answers).toEqual([
    [1, true, false],
    [1, true, false],
    [1, false, false],
  ]);
});

const spelled = 'LOG_LEVEL=loud\nOIDC_CLIENT_ID=app\n';

test.for([
  [
    'with a byte order mark is read',
    Buffer.from(`\uFEFF${spelled}`),
    /LOG_LEVEL is not a log level/,
    /OIDC_CLIENT_ID|is not a variable/,
  ],
  [
    'in UTF-16 is refused by name',
    Buffer.from(`\uFEFF${spelled}`, 'utf16le'),
    /\.env is written in UTF-16\. Save it as UTF-8/,
    /never/,
  ],
  [
    'whose value is cut at a # is refused by name',
    Buffer.from(`${spelled}OIDC_CLIENT_SECRET=ab#cd\n`),
    /OIDC_CLIENT_SECRET is cut at a # in \.env\. Put/,
    /ab#cd/,
  ],
  [
    'with a line as YAML writes it is refused by name',
    Buffer.from(`${spelled}OIDC_CLIENT_SECRET: swordfish\n`),
    /OIDC_CLIENT_SECRET has no = in \.env\. Write it as OIDC_CLIENT_SECRET=value\./,
    /swordfish/,
  ],
] as const)('an .env %s', async ([, content, said, unsaid]) => {
  writeFileSync(join(folder, '.env'), content);
  const { child, errors } = startMain({}, ['--env-file-if-exists=.env', main]);
  await once(child, 'close');
  expect(errors()).toMatch(said);
  expect(errors()).not.toMatch(unsaid);
});
