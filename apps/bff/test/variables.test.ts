import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError, variables } from '@foyer/environment';
import { afterAll, expect, test } from 'vitest';
import { parseEnvironment } from '../src/environment.ts';
import { createSessionKey } from './kit/keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'foyer-variables-'));
const places = { dataDir: join(folder, 'data'), spaDir: join(folder, 'spa') };
mkdirSync(places.spaDir);
mkdirSync(join(folder, 'empty'));
writeFileSync(join(places.spaDir, 'index.html'), '<!doctype html>');

afterAll(() => rmSync(folder, { recursive: true }));

/** A key of a client and a certificate of it. */
const createClient = (): { readonly key: string; readonly cert: string } => {
  const [key, cert] = [join(folder, 'client.key'), join(folder, 'client.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const files = ['-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=client'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files], { stdio: 'pipe' });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
};

const client = createClient();

const secret = 'hush-hush-client-secret';
const key = createSessionKey();
const sound = {
  OIDC_ISSUER: 'https://op.example',
  OIDC_CLIENT_ID: 'app',
  OIDC_CLIENT_SECRET: secret,
  SESSION_KEYS: key,
};

interface Values {
  readonly good: readonly string[];
  readonly bad: readonly string[];
  /** What a good value needs beside it. */
  readonly beside?: Readonly<Record<string, string>>;
}

const durations: Values = {
  good: ['90s', '30m', '12h', '60', '1500ms', '1.5m'],
  bad: [
    'soon',
    '-1s',
    '1 h',
    '1h30m',
    '0x10',
    'NaN',
    '1e3',
    '٣s',
    '∞',
    '9'.repeat(400),
    `${'9'.repeat(20)}h`,
  ],
};
const anyText = (...good: readonly string[]): Values => ({ good, bad: [] });
const base64 = (byte: number | string): string =>
  (typeof byte === 'string' ? Buffer.from(byte) : Buffer.alloc(32, byte)).toString('base64');
const providers = (change: object): string =>
  JSON.stringify([{ id: 'a', issuer: 'https://op.example', clientId: 'app', clientSecret: 'x', ...change }]);

const route = (more: object): string =>
  JSON.stringify([{ prefix: '/api/users', upstream: 'http://localhost:4000', ...more }]);

const table: Readonly<Record<string, Values>> = {
  OIDC_ISSUER: {
    good: [
      'https://op.example/',
      'https://op.example/realms/one',
      'http://localhost:9000',
      'http://op.localhost',
      'http://127.5.5.5:1',
      'http://[::1]:9000',
      'https://op.example/.well-known/openid-configuration?v=1',
    ],
    bad: [
      'op.example',
      'http://op.example',
      'http://localhost.evil.example',
      'http://128.0.0.1',
      'http://127.0.0.1.evil.example',
      'ftp://op.example',
      'javascript:alert(1)',
      'https://user:swordfish@op.example',
      'https://op.example#part',
      'https://op.example?x=1',
      'https://',
      'x'.repeat(10_000),
    ],
  },
  OIDC_CLIENT_ID: anyText('app', 'a b', 'ü'),
  OIDC_CLIENT_SECRET: anyText('x', '%+ü'),
  OIDC_CLIENT_AUTH: {
    good: ['client_secret_basic', 'client_secret_post'],
    bad: ['none', 'basic', 'private_key_jwks', 'CLIENT_SECRET_BASIC', '[object Object]'],
  },
  OIDC_CLIENT_KEY: {
    good: [client.key, JSON.stringify(createPrivateKey(client.key).export({ format: 'jwk' }))],
    bad: ['key', '{}', client.cert, '-----BEGIN PRIVATE KEY-----'],
  },
  OIDC_CLIENT_CERT: {
    good: [client.cert],
    bad: ['cert', '-----BEGIN CERTIFICATE-----'],
    beside: { OIDC_CLIENT_KEY: client.key },
  },
  OIDC_PROFILE: {
    good: ['fapi2'],
    bad: ['fapi', 'FAPI2'],
    beside: { OIDC_CLIENT_KEY: client.key, OIDC_DPOP: 'on' },
  },
  OIDC_TENANTS: anyText('72f988bf-86f1-41af-91ab-2d7cd011db47', 'one,two'),
  GATE: { good: ['on', 'oauth2-proxy', 'off'], bad: ['true', 'ON', 'traefik'] },
  OIDC_DPOP: { good: ['on', 'off'], bad: ['true', 'ON', 'auto'] },
  OIDC_PAR: { good: ['auto', 'always', 'never'], bad: ['on', 'AUTO', 'true'] },
  OIDC_SIGNED_REQUEST: {
    good: ['on', 'off'],
    bad: ['true', 'auto'],
    beside: { OIDC_CLIENT_KEY: client.key },
  },
  OIDC_LOGOUT_URL: {
    good: ['https://op.example/v2/logout?client_id={client_id}&returnTo={return_to}', 'http://localhost/x'],
    bad: [
      ...['http://op.example/logout', 'logout', 'javascript:alert(1)', '{return_to}'],
      'https://ada:swordfish@op.example/logout',
    ],
  },
  OIDC_SCOPE: {
    good: ['openid', 'openid offline_access'],
    bad: ['profile', 'OPENID', 'openidx', 'openid,x'],
  },
  OIDC_RESOURCES: {
    good: ['https://a.example/', 'https://a.example/,https://b.example/x, urn:example:c'],
    bad: ['orders', 'https://a.example/#b', 'https://a.example/,b'],
  },
  OIDC_AUTHORIZATION_PARAMS: {
    good: ['audience=https://api.example&prompt=consent', '?resource=x'],
    bad: [
      'a=1&a=2',
      '=x',
      'state=x',
      'redirect_uri=https://evil.example',
      'nonce=',
      'client_secret=swordfish',
    ],
  },
  OIDC_DISCOVERY_URL: {
    good: ['https://tenant.example/p/v2.0/.well-known/openid-configuration', 'http://localhost:9000/x'],
    bad: [
      'tenant.example',
      'http://tenant.example/x',
      'https://a:b@tenant.example/x',
      'https://tenant.example/#x',
    ],
  },
  OIDC_ID_TOKEN_ALG: {
    good: ['RS256', 'PS512', 'ES256', 'EdDSA'],
    bad: ['none', 'HS256', 'HS512', 'rs256', 'RSA-OAEP', 'RS256,ES256'],
  },
  OIDC_CLOCK_TOLERANCE: { ...durations, good: ['0', '90s', '10m'] },
  OIDC_TIMEOUT: { good: ['5s', '100ms'], bad: [...durations.bad, '0', '1h'] },
  PUBLIC_URL: {
    good: [
      'https://app.example',
      'https://app.example:8443/',
      'https://app.example/app',
      'http://localhost:3000',
      'http://[::1]:1',
    ],
    bad: [
      'app.example',
      'http://app.example',
      'http://0.0.0.0:3000',
      'http://10.0.0.1',
      'https://app.example/a//b',
      'https://app.example?x',
      'https://app.example#x',
      'https://u:swordfish@app.example',
      'ws://localhost',
      'file:///etc/passwd',
    ],
  },
  HOST: {
    good: ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost', 'bff.internal'],
    bad: ['http://localhost', 'a b', 'localhost:3000', '-', '[::1]', '1.2.3.4/8', 'x'.repeat(300)],
  },
  PORT: {
    good: ['1', '3000', '65535'],
    bad: ['0', '65536', '-1', '3e3', '0x50', '80.5', 'http', '３０００'],
  },
  TRUST_PROXY: {
    good: ['10.0.0.0/8', '127.0.0.1, ::1', 'fd00::/8', '0.0.0.0/0'],
    bad: ['10.0.0.0/33', '::/129', 'loopback', 'true', '*', '10.0.0', '10.0.0.0/8,,', '10.0.0.0/-1', '1/2/3'],
  },
  SESSION_KEYS: {
    good: [createSessionKey(), `${createSessionKey()}, ${createSessionKey()}`],
    bad: [
      'swordfish',
      base64(0),
      base64(1),
      base64(255),
      base64('01234567890123456789012345678901'),
      base64('a-pass-phrase-of-32-characters!!'),
      base64('ab'.repeat(16)),
      Buffer.from('too short to be one').toString('base64'),
      createSessionKey().slice(4),
      createSessionKey().repeat(2),
      `${key},${key}`,
      `${createSessionKey()},swordfish`,
    ],
  },
  SESSION_STORE: {
    good: [
      'memory:',
      'sqlite:x.db',
      'redis://localhost',
      'rediss://user:pass@redis.example:6380/1',
      'redis+sentinel://user:pass@one,two:26379/name/1',
      'rediss+cluster://one:6379,two:6379',
    ],
    bad: [
      'memory',
      'sqlite:',
      'postgres://u:swordfish@db',
      'redis:',
      'http://localhost',
      'redis://:swordfish@',
      'redis+cluster://:swordfish@',
      'redis+other://:swordfish@one',
    ],
  },
  SESSION_IDLE_TIMEOUT: { good: ['1s', ...durations.good], bad: [...durations.bad, '0', '900ms', '367d'] },
  SESSION_LIFETIME: { good: ['1s', '30d', ...durations.good], bad: [...durations.bad, '0', '367d'] },
  LOGIN_TIMEOUT: { good: ['1s', '10m'], bad: [...durations.bad, '0', '25h'] },
  COOKIE_NAME: {
    good: ['foyer', 'My_App_2', 'my-app'],
    bad: ['a b', 'a=b', 'a;b', '__Host-x', 'ü', 'x'.repeat(33), 'a\r\nSet-Cookie: x'],
  },
  SPA_DIR: { good: [places.spaDir], bad: [join(folder, 'empty'), '/nowhere', 'a\0b'] },
  SPA_DEV_SERVER: { good: ['http://localhost:5173'], bad: ['localhost:5173', 'ftp://localhost', '5173'] },
  SPA_SOURCE_MAPS: { good: ['true', 'false'], bad: ['yes', '1', 'TRUE'] },
  SPA_CSP: {
    good: ['img-src https://cdn.example', "style-src 'unsafe-inline'"],
    bad: ['img-src\r\nX: y', 'img-src ü', 'a\0b', 'images https://cdn.example', 'img-src self'],
  },
  SPA_PERMISSIONS_POLICY: {
    good: ['camera=()', 'geolocation=(self), payment=(self "https://pay.example")'],
    bad: ["camera 'self'", 'camera', 'a\r\nX: y'],
  },
  BRAND: {
    good: [
      '{}',
      '{"name":"Notes","logoUrl":"/logo.svg","accentColor":"#7c3aed"}',
      '{"texts":{"fr":{"Home":"Accueil"}}}',
    ],
    bad: [
      'Notes',
      '[]',
      '{"accentColor":"violet"}',
      '{"logoUrl":"https://cdn.example/logo.svg"}',
      '{"nom":"Notes"}',
    ],
  },
  SPA_COOP: { good: ['same-origin', 'unsafe-none'], bad: ['open', 'SAME-ORIGIN'] },
  USER_CLAIMS: {
    good: ['name', 'name, email, https://app.example/roles'],
    bad: ['name,acr', 'access_token', 'name,,email'],
  },
  API_ROUTES: {
    good: [
      '[]',
      route({
        require: { claims: { groups: ['a', 'b'], vip: true }, scope: 'x y', acr: 'high', maxAge: '10m' },
      }),
      route({ identity: { 'x-user-id': 'sub' } }),
      route({}),
      route({ auth: 'none', methods: ['GET'], timeout: '3s' }),
      route({ timeout: 3 }),
      ...['session', 'none', 'client'].map((token) => route({ token })),
      route({ token: { audience: 'orders', resource: 'https://orders.example/', scope: 'a b' } }),
      route({ token: { exchange: { audience: 'orders', requestedTokenType: 'urn:x' } } }),
      route({ token: { client: { scope: 'a' } }, auth: 'none' }),
    ],
    bad: [
      '{}',
      '[',
      'null',
      '[null]',
      '[[]]',
      '["x"]',
      '[{"prefix":"/api/users"}]',
      route({ prefix: '/users' }),
      route({ prefix: '/api' }),
      route({ prefix: '/api/me' }),
      route({ prefix: '/api/../login' }),
      route({ prefix: '/api/a%2fb' }),
      route({ prefix: '/api/:id' }),
      route({ prefix: '/api/*' }),
      route({ prefix: 7 }),
      route({ upstream: 'localhost:4000' }),
      route({ upstream: 'file:///etc/passwd' }),
      route({ upstream: 'http://u:swordfish@localhost' }),
      route({ upstream: 'http://localhost/?x=1' }),
      route({ auth: 'sometimes' }),
      route({ methods: 'GET' }),
      route({ methods: ['get /'] }),
      route({ timeout: 'soon' }),
      route({ timeout: -1 }),
      route({ uptsream: 'x' }),
      ...[{}, { roles: 'x' }, { claims: {} }, { scope: '' }, { acr: [] }, { maxAge: 'long' }].map((require) =>
        route({ require }),
      ),
      route({ require: { acr: 'high' }, auth: 'none' }),
      ...[{ cookie: 'sub' }, { 'x-id': '' }, { 'x id': 'sub' }].map((identity) => route({ identity })),
      ...['mine', {}, { audience: '' }, { audience: 7 }, { audiense: 'a' }, { exchange: {} }].map((token) =>
        route({ token }),
      ),
      ...[{ resource: 'orders' }, { resource: 'https://x.example/#a' }, { scope: 'a  b' }].map((token) =>
        route({ token }),
      ),
      route({ token: { audience: 'orders' }, auth: 'none' }),
      JSON.stringify(
        Array.from({ length: 17 }, (_, at) => ({
          ...{ prefix: `/api/a${at}`, upstream: 'http://localhost:4000', token: { audience: `a${at}` } },
        })),
      ),
      `${route({}).slice(0, -1)},${route({}).slice(1)}`,
    ],
  },
  PROVIDERS: {
    good: [
      providers({}),
      providers({ label: 'Staff & co', domains: ['example.com'], scope: 'openid', dpop: 'on' }),
      `${providers({}).slice(0, -1)},${providers({ id: 'b', clientId: 'c' }).slice(1)}`,
    ],
    bad: [
      'x',
      '{}',
      '[]',
      '[{}]',
      ...['', 'A', 'a b', 'default', 7].map((id) => providers({ id })),
      providers({ issuer: 'op.example' }),
      providers({ issuer: 'https://swordfish:x@op.example' }),
      providers({ clientId: '' }),
      providers({ isuer: 'https://op.example' }),
      providers({ publicUrl: 'https://app.example' }),
      providers({ domains: 'example.com' }),
      providers({ domains: ['Example.com'] }),
      providers({ scope: 'profile' }),
      `${providers({}).slice(0, -1)},${providers({ id: 'b' }).slice(1)}`,
      `${providers({}).slice(0, -1)},${providers({ clientId: 'c' }).slice(1)}`,
    ],
  },
  API_TIMEOUT: { good: ['15s', '1h'], bad: [...durations.bad, '0', '2h'] },
  API_MAX_BODY: {
    good: ['10mb', '512KB', '1', '2gb', '0'],
    bad: ['-1', '10 zb', 'mb', '1.5mb', '9'.repeat(30), '99999999999gb'],
  },
  ALLOWED_ORIGINS: {
    good: ['https://spa.app.example', 'https://a.example, https://b.example:8443', 'http://localhost:5173'],
    bad: [
      '*',
      'null',
      'https://*.example',
      'https://a.example/',
      'https://a.example/x',
      'a.example',
      'http://a.example',
      'https://A.example',
      'https://a.example:443',
    ],
  },
  RATE_LIMIT_LOGIN: { good: ['0', '60'], bad: ['-1', '1.5', 'many', '1e3', '9'.repeat(12)] },
  LOG_LEVEL: { good: ['trace', 'silent'], bad: ['INFO', 'verbose', 'constructor', '30'] },
  ADMIN_PORT: {
    good: ['9001'],
    bad: ['0', '65536', 'nine'],
    beside: { ADMIN_TOKEN: 'x'.repeat(32) },
  },
  ADMIN_TOKEN: {
    good: ['x'.repeat(32), 'q1/+=-'.repeat(8)],
    bad: ['x'.repeat(31), `${'x'.repeat(32)} y`, 'ü'.repeat(40), 'x'.repeat(513)],
    beside: { ADMIN_PORT: '9001' },
  },
  FRONTCHANNEL_LOGOUT: { good: ['true', 'false'], bad: ['on', 'TRUE', '1'] },
  SESSION_COOKIE: { good: ['browser', 'persistent'], bad: ['true', 'Browser', 'session'] },
  LOG_SUBJECT: { good: ['plain', 'hash', 'none'], bad: ['true', 'HASH', 'sub'] },
  METRICS_PORT: { good: ['9464'], bad: ['0', '65536', 'nine'] },
  SHUTDOWN_TIMEOUT: { good: ['0', '10s', '1h'], bad: [...durations.bad, '25d', '2h'] },
};

const issuesOf = (environment: Readonly<Record<string, string>>) => {
  try {
    parseEnvironment(environment, [], places);
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    for (const word of ['swordfish', secret, key]) expect(error.message).not.toContain(word);
    return error.issues;
  }
};

test.for(Object.entries(table))('%s is taken when it is good', ([name, { good, beside }]) => {
  for (const value of good) {
    const around =
      name === 'PUBLIC_URL' || name === 'SESSION_KEYS' ? {} : { PUBLIC_URL: 'http://localhost:3000' };
    expect({ value, issues: issuesOf({ ...sound, ...around, ...beside, [name]: value }) }).toEqual({
      value,
      issues: [],
    });
  }
});

test.for(Object.entries(table).filter(([, { bad }]) => bad.length > 0))(
  '%s is refused under its own name, with what to do, when it is bad or absurd',
  ([name, { bad, beside }]) => {
    for (const value of bad) {
      const issues = issuesOf({ ...sound, ...beside, [name]: value });
      expect({ value, names: new Set(issues.map(({ variable }) => variable)) }).toEqual({
        value,
        names: new Set([name]),
      });
      for (const { problem, remedy } of issues) {
        expect(remedy).toMatch(/^[A-Z].*\.$/s);
        expect(`${problem} ${remedy}`).not.toContain('undefined');
        if (value.length > 12) expect(problem).not.toContain(value);
      }
    }
  },
);

const names = variables.map(({ facts }) => facts.variable);

test('every variable has its good and bad values here', () => {
  expect(Object.keys(table).sort()).toEqual([...names].sort());
});

test.for(names)('%s may come from a file, and a file that is not there is a mistake', (name) => {
  const { [name]: _, ...rest }: Readonly<Record<string, string>> = sound;
  const { good = [], beside } = Object.entries(table).find(([one]) => one === name)?.[1] ?? {};
  const file = join(folder, name);
  writeFileSync(file, `${good[0]}\n`);
  expect(issuesOf({ ...rest, ...beside, [`${name}_FILE`]: file })).toEqual([]);
  for (const path of [join(folder, 'none'), folder, 'a\0b']) {
    const names = issuesOf({ ...rest, ...beside, [`${name}_FILE`]: path }).map(({ variable }) => variable);
    expect([path, names]).toEqual([path, [`${name}_FILE`]]);
  }
});

test('an empty variable counts as not set', () => {
  const empty = Object.fromEntries(names.map((name) => [name, ' ']));
  expect(issuesOf({ ...empty, ...sound })).toEqual([]);
  expect(issuesOf(empty).map(({ variable }) => variable)).toEqual([
    'OIDC_ISSUER',
    'OIDC_CLIENT_ID',
    'OIDC_CLIENT_SECRET',
  ]);
});

test('names that nearly are ours are warned about, without their values', () => {
  const typos = [
    'OIDC_ISSUR',
    'OIDC_CLIENTID',
    'OIDC_SCOPES',
    'SESSION_KEY',
    'SESSION_TIMEOUT',
    'SESSION_KEY_FILE',
  ];
  const environment = Object.fromEntries(typos.map((name) => [name, 'swordfish']));
  const { unknownVariables } = parseEnvironment(
    { ...sound, ...environment, OIDCX: 'a', MY_SESSION_KEYS: 'b' },
    [],
    places,
  );
  expect(unknownVariables).toEqual(typos);
  expect(JSON.stringify(unknownVariables)).not.toContain('swordfish');
});
