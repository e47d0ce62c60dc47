import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError, readEnvFile, readVariables } from '@foyer/environment';
import { declaredOptions, duration, option } from '@foyer/fastify/options';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseEnvironment, type Settings } from '../src/environment.ts';
import { createSessionKey } from './kit/keys.ts';

let folder = '';
let places: { readonly dataDir: string; readonly spaDir: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foyer-environment-'));
  places = { dataDir: join(folder, 'data'), spaDir: join(folder, 'spa') };
  mkdirSync(places.spaDir);
  writeFileSync(join(places.spaDir, 'index.html'), '<!doctype html>');
});

afterEach(() => rmSync(folder, { recursive: true }));

const least = { OIDC_ISSUER: 'https://op.example', OIDC_CLIENT_ID: 'app', OIDC_CLIENT_SECRET: 'hush-hush' };

const parse = (environment: Record<string, string>): Settings => parseEnvironment(environment, [], places);

const refusal = (environment: Record<string, string>): EnvironmentError => {
  try {
    parse(environment);
  } catch (error) {
    if (error instanceof EnvironmentError) return error;
    throw error;
  }
  throw new Error('The environment was accepted.');
};

test('three variables are enough on a loopback address', () => {
  const { options, ...rest } = parse(least);
  expect(rest).toEqual({
    storeUrl: 'sqlite:.data/sessions.db',
    host: '127.0.0.1',
    port: 3000,
    trustProxy: [],
    logLevel: 'info',
    metricsPort: undefined,
    wantsTraces: false,
    shutdownTimeout: 10,
    unknownVariables: [],
    readableSecrets: [],
  });
  expect(options).toMatchObject({
    issuer: 'https://op.example',
    publicUrl: 'http://localhost:3000',
    spa: { dir: places.spaDir },
  });
});

test('a session key is made once, kept for its owner alone, and used again', () => {
  const first = parse(least).options.sessionKeys;
  const file = join(places.dataDir, 'session-key');
  expect(parse(least).options.sessionKeys).toEqual(first);
  expect([readFileSync(file, 'utf8').trim()]).toEqual(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a key file that others of the machine can read is named', () => {
  parse(least);
  const kept = join(places.dataDir, 'session-key');
  chmodSync(kept, 0o640);
  expect(parse(least).readableSecrets).toEqual([{ variable: 'SESSION_KEYS', file: kept }]);
  const file = join(folder, 'keys');
  writeFileSync(file, createSessionKey());
  chmodSync(file, 0o644);
  const given = { ...least, SESSION_KEYS_FILE: file };
  expect(parse(given).readableSecrets).toEqual([{ variable: 'SESSION_KEYS_FILE', file }]);
  chmodSync(file, 0o400);
  expect(parse(given).readableSecrets).toEqual([]);
});

test('a declared option is read from its variable, a file or an alias, and reported under that name', () => {
  const declared = declaredOptions({
    pause: option('PAUSE', duration(1, 60).default(5), { aliases: ['BREAK'], remedy: 'Give a duration.' }),
  });
  const read = (environment: Record<string, string>): readonly unknown[] => {
    const { values, issues } = readVariables(environment, declared);
    return [values, issues.map(({ variable }) => variable)];
  };
  const file = join(folder, 'pause');
  writeFileSync(file, '9s\n');
  expect(read({ PAUSE: '9s' })).toEqual([{ pause: '9s' }, []]);
  expect(read({ PAUSE_FILE: file })).toEqual([{ pause: '9s' }, []]);
  expect(read({ BREAK: '9s' })).toEqual([{ pause: '9s' }, []]);
  expect(read({ PAUSE: '' })).toEqual([{}, []]);
  expect(read({ BREAK: '"9s"' })).toEqual([{}, ['BREAK']]);
});

test.each([
  ['OIDC_DPOP', 'yes', 'is neither on nor off. Use on or off.'],
  ['OIDC_TIMEOUT', '12h', 'is not between 0.05 and 300 seconds. Give 5m or less.'],
  ['LOGIN_TIMEOUT', '0', 'is not between 1 and 86400 seconds. Give 1s or more.'],
  ['OIDC_PAR', 'yes', 'is none of auto, always, never. Use auto, always or never.'],
  ['OIDC_PROFILE', 'fapi1', 'is no security profile. Use fapi2, or leave it out.'],
  [
    'OIDC_RESOURCES',
    'users',
    'holds something that is not a URL. Write it as https://users.example/,https://orders.example/.',
  ],
  ['OIDC_RESOURCES', 'https://a.example/#b', 'holds a URL with a fragment. Leave the part from # on out.'],
  ['HTTPS_PROXY', '127.0.0.1:3128', 'is not the URL of a proxy. Write it as http://proxy.example:3128.'],
  ['http_proxy', 'localhost:3128', 'is not the URL of a proxy. Write it as http://proxy.example:3128.'],
])('the refusal of %s=%s says what to do', (variable, value, expected) => {
  expect(refusal({ ...least, [variable]: value }).message.split('\n')).toContain(`  ${variable} ${expected}`);
});

test('a mistake of the server says nothing of pages that are there', () => {
  rmSync(join(places.spaDir, 'index.html'));
  const dir = join(folder, 'own');
  mkdirSync(dir);
  writeFileSync(join(dir, 'index.html'), '<!doctype html>');
  for (const [variable, value] of [
    ['SHUTDOWN_TIMEOUT', '2h'],
    ['SPA_DEV_SERVER', 'x'],
  ] as const)
    expect(refusal({ ...least, SPA_DIR: dir, [variable]: value }).issues).toMatchObject([{ variable }]);
});

test('the published development secret is refused at a public address', () => {
  const { issues } = refusal({
    ...least,
    PUBLIC_URL: 'https://app.example',
    SESSION_KEYS: createSessionKey(),
    OIDC_CLIENT_SECRET: 'foyer-dev-secret-not-for-production',
  });
  expect(issues.map(({ variable, problem }) => `${variable} ${problem}`)).toEqual([
    'OIDC_CLIENT_SECRET is the published secret of the development provider',
  ]);
});

test('an empty member of SESSION_KEYS is refused', () => {
  const { issues } = refusal({ ...least, SESSION_KEYS: `${createSessionKey()},` });
  expect(issues.map(({ variable, problem }) => `${variable} ${problem}`)).toEqual([
    'SESSION_KEYS key 2 is empty',
  ]);
});

test('no session key is made for a public address', () => {
  const { issues } = refusal({ ...least, PUBLIC_URL: 'https://app.example' });
  expect(issues).toEqual([
    {
      variable: 'SESSION_KEYS',
      problem: 'is empty',
      remedy: 'Make one with: pnpm key, or openssl rand -base64 32.',
    },
  ]);
});

test('every mistake is reported at once, under the name of its variable', () => {
  const { issues } = refusal({
    OIDC_ISSUER: 'http://op.example',
    PUBLIC_URL: 'http://localhost:3000/?app',
    PORT: 'many',
    SESSION_IDLE_TIMEOUT: 'soon',
    TRUST_PROXY: '10.0.0.0/99',
    API_ROUTES: '{}',
    LOG_LEVEL: 'loud',
  });
  expect(issues.map(({ variable }) => variable).sort()).toEqual([
    'API_ROUTES',
    'LOG_LEVEL',
    'OIDC_CLIENT_ID',
    'OIDC_CLIENT_SECRET',
    'OIDC_ISSUER',
    'PORT',
    'PUBLIC_URL',
    'SESSION_IDLE_TIMEOUT',
    'TRUST_PROXY',
  ]);
});

test('a value in quotes, a placeholder, and two names with two values are reported by name', () => {
  const { issues } = refusal({
    ...least,
    OIDC_CLIENT_ID: '"app"',
    CLIENT_SECRET: 'another-secret',
    COOKIE_NAME: '<your cookie name>',
    OIDC_SCOPE: 'openid api://<api id>/users.read',
    ALLOWED_ORIGINS: 'https://….example',
  });
  expect(issues.map(({ variable, problem }) => `${variable} ${problem}`)).toEqual([
    'OIDC_SCOPE is still a placeholder',
    'OIDC_CLIENT_ID is still in quotes',
    'OIDC_CLIENT_SECRET is set, and CLIENT_SECRET too, to another value',
    'ALLOWED_ORIGINS is still a placeholder',
    'COOKIE_NAME is still a placeholder',
  ]);
});

test('names that are one slip away from ours are warned about', () => {
  const names = ['API_ROUTE', 'SPA_DIRECTORY', 'PUBLIC_URI', 'LOGLEVEL'];
  const environment = Object.fromEntries(names.map((name) => [name, 'x']));
  expect(
    parse({ ...least, ...environment, HOSTNAME: 'a', SORT: 'b', API_KEY: 'c' }).unknownVariables,
  ).toEqual(names);
});

test('no secret is printed', () => {
  const { message } = refusal({ ...least, SESSION_KEYS: 'my-own-secret-key', PORT: 'x' });
  expect(message).not.toContain('my-own-secret-key');
  expect(message).not.toContain('hush-hush');
});

test('a value may come from a file, and its line end is no part of it', () => {
  const file = join(folder, 'secret');
  writeFileSync(file, 'from-a-file\n');
  const { OIDC_CLIENT_SECRET: _, ...rest } = least;
  expect(parse({ ...rest, OIDC_CLIENT_SECRET_FILE: file }).options.clientSecret).toBe('from-a-file');
});

test('a file that is not there, and a value given twice, are mistakes', () => {
  const { issues } = refusal({
    ...least,
    OIDC_CLIENT_SECRET_FILE: '/nowhere',
    COOKIE_NAME_FILE: join(folder, 'none'),
  });
  expect(issues.map(({ variable, problem }) => `${variable} ${problem}`)).toEqual([
    'OIDC_CLIENT_SECRET is set, and OIDC_CLIENT_SECRET_FILE too',
    'COOKIE_NAME_FILE names a file that cannot be read (ENOENT)',
  ]);
});

test('the names of the tutorial are understood', () => {
  const { options } = parse({ AUTH_URL: 'https://op.example/', CLIENT_ID: 'a', PLUSAUTH_CLIENT_SECRET: 'b' });
  expect([options.issuer, options.clientId, options.clientSecret]).toEqual(['https://op.example/', 'a', 'b']);
});

test('a name that is likely a typo is warned about', () => {
  expect(parse({ ...least, OIDC_ISUER: 'x', SESSION_KEY: 'y' }).unknownVariables).toEqual([
    'OIDC_ISUER',
    'SESSION_KEY',
  ]);
});

test('a missing build is reported with the command that makes it', () => {
  rmSync(join(places.spaDir, 'index.html'));
  expect(refusal(least).issues).toEqual([
    {
      variable: 'SPA_DIR',
      problem: 'is not set, and the starter SPA is not built',
      remedy: 'Build it: pnpm build.',
    },
  ]);
});

test('an env file may have comments, blanks around an =, and values of several lines', () => {
  const file = join(folder, '.env');
  const key = '-----BEGIN PRIVATE KEY-----\nMII EvQ\nA: b\n-----END PRIVATE KEY-----';
  writeFileSync(file, `# NAME: of it\n\nOIDC_CLIENT_KEY="${key}"\r\nexport PORT = 3000\nNOTHING\n`);
  expect(readEnvFile(file)).toEqual({ variables: { OIDC_CLIENT_KEY: key, PORT: '3000' }, issues: [] });
  expect(readEnvFile(folder).issues).toEqual([
    {
      variable: folder,
      problem: 'cannot be read (EISDIR)',
      remedy: 'Make it a file that this user may read, or remove it.',
    },
  ]);
});

test('a fresh key is 32 random bytes', () => {
  expect(Buffer.from(createSessionKey(), 'base64')).toHaveLength(32);
  expect(createSessionKey()).not.toBe(createSessionKey());
});

test.for([
  [{ ADMIN_PORT: '9000' }, 'ADMIN_TOKEN is not set, and ADMIN_PORT is'],
  [{ ADMIN_TOKEN: 'x'.repeat(32) }, 'ADMIN_PORT is not set, and ADMIN_TOKEN is'],
  [{ ADMIN_PORT: '9000', ADMIN_TOKEN: 'short' }, 'ADMIN_TOKEN is not 32 to 512 characters without spaces'],
] as const)('%j is refused', ([variables, mistake]) => {
  const { issues } = refusal({ ...least, ...variables });
  expect(issues.map(({ variable, problem }) => `${variable} ${problem}`)).toContain(mistake);
});
