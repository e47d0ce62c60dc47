import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type DevProvider, startDevProvider } from '@foyer/dev-provider';
import { examine } from '@foyer/doctor';
import { openSessionStore } from '@foyer/fastify';
import { resolveOptions } from '@foyer/fastify/options';
import { findRedis, freePort, startRedis } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseEnvironment } from '../src/environment.ts';
import { createClientKey, createSessionKey } from './kit/keys.ts';

const soundSettings = ({
  issuer,
  clientId,
  clientSecret,
}: DevProvider): Readonly<Record<string, string>> => ({
  OIDC_ISSUER: issuer,
  OIDC_CLIENT_ID: clientId,
  OIDC_CLIENT_SECRET: clientSecret,
  SESSION_KEYS: createSessionKey(),
  SESSION_STORE: 'memory:',
  SPA_DEV_SERVER: 'http://localhost:1',
});

type ProviderOptions = Omit<Parameters<typeof startDevProvider>[0], 'publicUrls'>;

const examineWith = async (
  variables: Readonly<Record<string, string>> = {},
  more: ProviderOptions = {},
): Promise<readonly string[]> => {
  await using provider = await startDevProvider({ publicUrls: ['http://localhost:3000'], ...more });
  const settings = parseEnvironment({ ...soundSettings(provider), ...variables });
  const sessionStore = await openSessionStore('memory:');
  const options = resolveOptions({ ...settings.options, sessionStore });
  return (await examine(options, settings.storeUrl)).map(
    ({ verdict, subject, text }) => `${verdict} ${subject}: ${text}`,
  );
};

test('a sound configuration has nothing bad, and the report says what was tried', async () => {
  const findings = await examineWith();
  expect(findings.filter((line) => line.startsWith('bad'))).toEqual([]);
  expect(findings).toEqual(
    expect.arrayContaining([
      'ok provider: leads back to http://localhost:3000/login/callback',
      'ok provider: accepts the client’s credentials by client_secret_basic (listed in its metadata)',
      'ok provider: ends its own session, and knows http://localhost:3000/logout as post-logout redirect URI',
      'ok provider: publishes 1 key for its signatures',
      'ok provider: can revoke refresh tokens at sign-out',
      expect.stringMatching(/^ok clock: differs from the provider’s by \d+ s$/),
      'note cookies: on http://localhost:3000 they are not Secure: for use on this machine only.',
      'ok session keys: one of 256 bits',
      'ok session store: can be read and written',
    ]),
  );
});

test('each of several providers is examined, and named', async () => {
  await using one = await startDevProvider({ publicUrls: ['http://localhost:3000'] });
  const { issuer, clientId, clientSecret } = one;
  const providers = [
    { id: 'staff', issuer, clientId, clientSecret },
    { id: 'guests', issuer: 'http://127.0.0.1:9', clientId: 'app', clientSecret: 'x' },
  ];
  const { OIDC_ISSUER: _issuer, OIDC_CLIENT_ID: _id, ...common } = soundSettings(one);
  const settings = parseEnvironment({ ...common, PROVIDERS: JSON.stringify(providers) });
  const sessionStore = await openSessionStore('memory:');
  const options = resolveOptions({ ...settings.options, sessionStore });
  const findings = await examine(options, settings.storeUrl);
  const bad = findings.filter(({ verdict }) => verdict === 'bad').map(({ text }) => text);
  expect(bad).toEqual([expect.stringMatching(/^guests: .*cannot be read/)]);
  expect(findings.map(({ text }) => text)).toContain(
    'staff: leads back to http://localhost:3000/login/callback',
  );
});

test.for([
  [
    'a wrong secret',
    { OIDC_CLIENT_SECRET: 'not-the-secret-canary' },
    'refuses the client. Check OIDC_CLIENT_ID',
  ],
  [
    'a redirect URI that is not registered',
    { PUBLIC_URL: 'http://localhost:3999' },
    'Register http://localhost:3999/login/callback',
  ],
  [
    'a post-logout URI that is not registered',
    { PUBLIC_URL: 'http://localhost:3999' },
    'Register http://localhost:3999/logout as post-logout redirect URI.',
  ],
  ['an algorithm that it does not sign with', { OIDC_ID_TOKEN_ALG: 'ES256' }, 'does not announce ES256'],
  ['an unknown client', { OIDC_CLIENT_ID: 'unknown' }, 'check OIDC_CLIENT_ID'],
] as const)('%s is found, with what to do, and no secret is printed', async ([, variables, expected]) => {
  const findings = await examineWith(variables);
  expect(findings.filter((line) => line.startsWith('bad')).join('\n')).toContain(expected);
  expect(findings.join('\n')).not.toContain('canary');
});

test('a provider that is not there is reported, and the store is examined all the same', async () => {
  const findings = await examineWith({ OIDC_ISSUER: 'http://127.0.0.1:9' });
  expect(findings[0]).toMatch(/^bad provider: .*cannot be read/);
  expect(findings).toContain('ok session store: can be read and written');
});

/** A provider of which only what is given answers, and everything else is refused. */
const startStub = async (
  answer: (
    path: string,
    query: URLSearchParams,
    authorization?: string,
  ) => { readonly status?: number; readonly location?: string },
  {
    keys = [],
    methods,
    metadata = {},
    clockOff = 0,
  }: {
    readonly keys?: readonly object[];
    readonly methods?: readonly string[];
    /** More members of the metadata, or others. */
    readonly metadata?: Readonly<Record<string, unknown>>;
    /** Seconds. */
    readonly clockOff?: number;
  } = {},
) => {
  const server = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`;
    const { pathname, searchParams } = new URL(request.url ?? '', issuer);
    const documents: Readonly<Record<string, object>> = {
      '/.well-known/openid-configuration': {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        end_session_endpoint: `${issuer}/end`,
        jwks_uri: `${issuer}/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: methods,
        ...metadata,
      },
      '/keys': { keys },
    };
    const document = documents[pathname];
    const { status = 400, location } = document
      ? { status: 200 }
      : answer(pathname, searchParams, request.headers.authorization);
    response.setHeader('date', new Date(Date.now() + clockOff * 1000).toUTCString());
    response.writeHead(status, { 'content-type': 'application/json', ...(location ? { location } : {}) });
    response.end(JSON.stringify(document ?? { error: status === 401 ? 'invalid_client' : 'invalid_grant' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    issuer: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

test('metadata is read as a sign-in reads it: one redirect within the origin is followed', async () => {
  using stub = await startStub((path) =>
    path === '/metadata' ? { status: 301, location: '/.well-known/openid-configuration' } : {},
  );
  const settings = { OIDC_ISSUER: stub.issuer, OIDC_DISCOVERY_URL: `${stub.issuer}/metadata` };
  expect(await examineWith(settings)).toContain(`ok provider: discovered, issuer ${stub.issuer}`);
});

test('a provider that signs with a short key is found', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: 'short' }];
  using stub = await startStub(() => ({}), { keys });
  expect(await examineWith({ OIDC_ISSUER: stub.issuer })).toContain(
    'bad provider: signs with a key of 1024 bits. Replace it with one of 2048 bits or more.',
  );
});

const basic = `Basic ${btoa('foyer-dev:foyer-dev-secret-not-for-production')}`;

test.for([
  [
    {},
    'note provider: refuses client_secret_post and accepts client_secret_basic. Set OIDC_CLIENT_AUTH=client_secret_basic to save a refused request at each start.',
  ],
  [
    { OIDC_CLIENT_AUTH: 'client_secret_post' },
    'bad provider: refuses client_secret_post and accepts client_secret_basic. Set OIDC_CLIENT_AUTH=client_secret_basic.',
  ],
  [
    { OIDC_CLIENT_AUTH: 'client_secret_basic' },
    'ok provider: accepts the client’s credentials by client_secret_basic (OIDC_CLIENT_AUTH)',
  ],
] as const)(
  'with %j, the report says what to do about a provider that lists one method and takes the other',
  async ([set, expected]) => {
    using stub = await startStub(
      (path, _query, sent) => ({ status: path === '/token' && sent !== basic ? 401 : 400 }),
      { methods: ['client_secret_post'] },
    );
    expect(await examineWith({ OIDC_ISSUER: stub.issuer, ...set })).toContain(expected);
  },
);

test('a provider that looks at the code before the secret leaves the secret unknown, and the report says so', async () => {
  using stub = await startStub(() => ({}), { methods: ['client_secret_post'] });
  expect(await examineWith({ OIDC_ISSUER: stub.issuer })).toContain(
    'note provider: does not check the secret or key before the code (client_secret_post): sign in once to see whether it is right.',
  );
});

test.for([
  ['login_required', 'ok', 'leads back to http://localhost:3000/login/callback'],
  [
    'invalid_scope',
    'bad',
    'leads back to http://localhost:3000/login/callback with invalid_scope. Check OIDC_SCOPE, OIDC_AUTHORIZATION_PARAMS and what the client may do.',
  ],
] as const)('an authorization request that leads back with %s is %s', async ([error, verdict, expected]) => {
  using stub = await startStub((_path, query) => ({
    status: 303,
    location: `${query.get('redirect_uri')}?error=${error}`,
  }));
  expect(await examineWith({ OIDC_ISSUER: stub.issuer })).toContain(`${verdict} provider: ${expected}`);
});

test('of several providers one that sends no iss is asked to redirect to its own callback', async () => {
  using stub = await startStub((_path, query) => ({
    status: 303,
    location: `${query.get('redirect_uri')}?error=login_required`,
  }));
  const one = { id: 'guests', issuer: stub.issuer, clientId: 'app', clientSecret: 'secret' };
  const settings = parseEnvironment({
    PROVIDERS: JSON.stringify([one]),
    SESSION_KEYS: createSessionKey(),
    SESSION_STORE: 'memory:',
    SPA_DEV_SERVER: 'http://localhost:1',
  });
  const sessionStore = await openSessionStore('memory:');
  const options = resolveOptions({ ...settings.options, sessionStore });
  const findings = await examine(options, settings.storeUrl);
  expect(findings.map(({ text }) => text)).toContain(
    'guests: leads back to http://localhost:3000/login/callback/guests',
  );
});

const asked = 'post_logout_redirect_uri';
const known = 'http://localhost:3000/logout';

test.for<readonly [string, (query: URLSearchParams) => number, string]>([
  [
    'knows the post-logout URI',
    (query) => (query.get(asked) === known ? 200 : 400),
    `ok provider: ends its own session, and knows ${known} as post-logout redirect URI`,
  ],
  [
    'does not know it',
    (query) => (query.has(asked) ? 400 : 200),
    `bad provider: answers a sign-out request with 400. Register ${known} as post-logout redirect URI.`,
  ],
  [
    'wants an ID token first',
    () => 400,
    `note provider: answers a sign-out request with 400 without an ID token, so the doctor cannot see whether ${known} is registered as post-logout redirect URI.`,
  ],
  [
    'takes any address',
    () => 200,
    `note provider: ends its own session, and accepts any address to return to or checks it later: register ${known} as post-logout redirect URI.`,
  ],
])('a provider that %s at its end-session endpoint is reported as such', async ([, answer, expected]) => {
  using stub = await startStub((path, query) => ({ status: path === '/end' ? answer(query) : 400 }));
  expect(await examineWith({ OIDC_ISSUER: stub.issuer })).toContain(expected);
});

test('a logout URL of the provider’s own is tried as it is filled in', async () => {
  using stub = await startStub((path, query) => ({
    status: path === '/v2/logout' && query.get('to') === known && query.get('id') === 'foyer-dev' ? 302 : 400,
  }));
  const OIDC_LOGOUT_URL = `${stub.issuer}/v2/logout?id={client_id}&to={return_to}`;
  expect(await examineWith({ OIDC_ISSUER: stub.issuer, OIDC_LOGOUT_URL })).toContain(
    `ok provider: ends its own session, and knows ${known} as post-logout redirect URI`,
  );
});

test('an endpoint that is not there is found, and everything else is examined all the same', async () => {
  const OIDC_LOGOUT_URL = `http://127.0.0.1:${await freePort()}/logout?to={return_to}`;
  const findings = await examineWith({ OIDC_LOGOUT_URL });
  expect(findings).toContain(
    'bad provider: its end-session endpoint could not be tried: no answer (ECONNREFUSED). Check the provider and the network.',
  );
  expect(findings).toContain('ok provider: leads back to http://localhost:3000/login/callback');
});

test.for([
  [
    300,
    'bad clock: differs from the provider’s by 300 s. Set this machine’s clock, or OIDC_CLOCK_TOLERANCE.',
  ],
  [-10, 'ok clock: differs from the provider’s by 10 s'],
] as const)('a provider whose clock is %i s off is reported', async ([clockOff, expected]) => {
  using stub = await startStub(() => ({}), { clockOff });
  // A second may pass between the two clocks.
  const findings = await examineWith({ OIDC_ISSUER: stub.issuer });
  expect(findings.map((line) => line.replace(/(299|301) s/, '300 s').replace(/(9|11) s$/, '10 s'))).toContain(
    expected,
  );
});

test.for([
  ['a Redis that is away', /ECONNREFUSED/, async () => `redis://127.0.0.1:${await freePort()}`],
  ['a folder that is none', /E\w+/, async () => `sqlite:${import.meta.filename}/sessions.db`],
] as const)('%s is found by its error, with what to do', async ([, reason, createUrl]) => {
  const findings = await examineWith({ SESSION_STORE: await createUrl() });
  const [, expected = ''] =
    /^bad session store: cannot be used \((.+)\)\. Check SESSION_STORE, and that the store runs\.$/m.exec(
      findings.join('\n'),
    ) ?? [];
  expect(expected).toMatch(reason);
});

test.runIf(findRedis() !== undefined)(
  'a Redis that refuses the password is reported, without the password',
  async () => {
    const redis = await startRedis({ args: ['--requirepass', 'right'] });
    const findings = await examineWith({ SESSION_STORE: `redis://:swordfish@127.0.0.1:${redis.port}` });
    await redis.close();
    expect(findings.join('\n')).toContain('bad session store: cannot be used (WRONGPASS).');
    expect(findings.join('\n')).not.toContain('swordfish');
  },
);

const clientKey = JSON.stringify({ ...JSON.parse(createClientKey('ES256')), kid: 'mine' });

type Json = Readonly<Record<string, unknown>>;

test.for<[string, Json, Readonly<Record<string, string>>, string]>([
  [
    'algorithms that prove nothing',
    { id_token_signing_alg_values_supported: ['HS256'] },
    {},
    'bad provider: offers HS256 for ID tokens, none of which proves who signed. Register the client for RS256 or another asymmetric algorithm.',
  ],
  [
    'algorithms of all kinds',
    { id_token_signing_alg_values_supported: ['HS256', 'ES256', 'EdDSA'] },
    {},
    'ok provider: signs ID tokens with ES256, EdDSA',
  ],
  [
    'an algorithm that is no list',
    { id_token_signing_alg_values_supported: 'ES256' },
    {},
    'ok provider: signs ID tokens with ES256',
  ],
  [
    'the other name of the algorithm that is set',
    { id_token_signing_alg_values_supported: ['Ed25519'] },
    { OIDC_ID_TOKEN_ALG: 'EdDSA' },
    'ok provider: signs ID tokens with EdDSA',
  ],
  [
    'no algorithm where one is set',
    { id_token_signing_alg_values_supported: null },
    { OIDC_ID_TOKEN_ALG: 'ES256' },
    'note provider: lists no algorithm for ID tokens: sign in once to see whether it is ES256.',
  ],
  [
    'another issuer',
    { issuer: 'https://other.example' },
    {},
    'bad provider: calls itself https://other.example. Set OIDC_ISSUER to exactly that, or OIDC_DISCOVERY_URL to where the metadata of the other is.',
  ],
  [
    'a place for tenants',
    { issuer: 'https://op.example/{tenantid}/v2.0' },
    {},
    'bad provider: is one of many tenants (https://op.example/{tenantid}/v2.0). Set OIDC_TENANTS to those that may sign in.',
  ],
  [
    'an optional endpoint that cannot be used',
    { userinfo_endpoint: 'ftp://op.example/me', revocation_endpoint: '' },
    {},
    'note provider: has no usable userinfo_endpoint: Foyer does without it.',
  ],
  ...[
    ...['http://op.example/end', 'https://a:b@op.example/end', 'https://op.example/end#x', '/end'],
    ...[7, ['https://op.example/end']],
  ].map((address): [string, Json, Record<string, string>, string] => [
    `${JSON.stringify(address)} to sign out at`,
    { end_session_endpoint: address },
    {},
    'note provider: has no usable end_session_endpoint: Foyer does without it.',
  ]),
  [
    'a demand for pushed requests without a place for them',
    { require_pushed_authorization_requests: true },
    {},
    'bad provider: has no endpoint for pushed authorization requests, which are demanded. Check OIDC_PAR.',
  ],
  [
    'a demand for pushed requests where they are switched off',
    {
      require_pushed_authorization_requests: true,
      pushed_authorization_request_endpoint: 'https://op.example/par',
    },
    { OIDC_PAR: 'never' },
    'bad provider: requires pushed authorization requests. Take OIDC_PAR away.',
  ],
  [
    'no DPoP where it is on',
    {},
    { OIDC_DPOP: 'on' },
    'bad provider: does not announce DPoP with ES256. Take OIDC_DPOP away, or switch it on there.',
  ],
  [
    'no word on iss where the FAPI profile is on',
    {},
    { OIDC_PROFILE: 'fapi2', OIDC_CLIENT_KEY: clientKey },
    'bad provider: lacks what OIDC_PROFILE=fapi2 needs: authorization_response_iss_parameter_supported.',
  ],
])('metadata with %s is found before anyone signs in', async ([, metadata, variables, expected]) => {
  using stub = await startStub(() => ({}), { metadata });
  const findings = await examineWith({ OIDC_ISSUER: stub.issuer, ...variables });
  expect(findings).toContain(expected);
  expect(findings.join('\n')).not.toContain(JSON.parse(clientKey).d);
});

test.for([
  [
    401,
    'bad provider: refuses the client by private_key_jwt. Check OIDC_CLIENT_ID, and that the provider has read http://localhost:3000/.well-known/foyer-jwks.json or knows the certificate.',
  ],
  [
    400,
    'note provider: does not check the secret or key before the code (private_key_jwt): sign in once to see whether it is right.',
  ],
] as const)(
  'for a client with a key at a provider that answers %i the report says what to do',
  async ([status, expected]) => {
    using stub = await startStub(() => ({ status }), { methods: ['private_key_jwt'] });
    const variables = { OIDC_CLIENT_SECRET: '', OIDC_CLIENT_KEY: clientKey };
    expect(await examineWith({ OIDC_ISSUER: stub.issuer, ...variables })).toContain(expected);
  },
);

test('a key that the provider knows is accepted, since another one is refused', async () => {
  const { d: _private, ...publicPart } = JSON.parse(clientKey);
  await using provider = await startDevProvider({
    publicUrls: ['http://localhost:3000'],
    configure: (base) => ({
      ...base,
      enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
      clients: (base.clients ?? []).map((client) => ({
        ...client,
        token_endpoint_auth_method: 'private_key_jwt' as const,
        jwks: { keys: [publicPart] },
      })),
    }),
  });
  const variables = { OIDC_ISSUER: provider.issuer, OIDC_CLIENT_SECRET: '', OIDC_CLIENT_KEY: clientKey };
  expect(await examineWith(variables)).toContain(
    'ok provider: accepts the client’s credentials by private_key_jwt (listed in its metadata)',
  );
});

/** A provider that takes pushed authorization requests alone. */
const pushedOnly: ProviderOptions = {
  configure: (base) => ({
    ...base,
    features: {
      ...base.features,
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    },
  }),
};

test('a sound configuration has nothing bad where the authorization request is pushed', async () => {
  const findings = await examineWith({}, pushedOnly);
  expect(findings.filter((line) => line.startsWith('bad'))).toEqual([]);
  expect(findings).toEqual(
    expect.arrayContaining([
      'ok provider: gets the authorization request pushed',
      'ok provider: leads back to http://localhost:3000/login/callback',
      'ok provider: accepts the client’s credentials by client_secret_basic (listed in its metadata)',
      'ok provider: ends its own session, and knows http://localhost:3000/logout as post-logout redirect URI',
    ]),
  );
});

test.for([
  [
    { OIDC_CLIENT_SECRET: 'not-the-secret-canary' },
    'bad provider: refuses the client. Check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET; both client_secret_basic and client_secret_post were tried.',
  ],
  [
    { PUBLIC_URL: 'http://localhost:3999' },
    'bad provider: answers an authorization request with invalid_request. Register http://localhost:3999/login/callback as redirect URI, and check OIDC_CLIENT_ID and OIDC_SCOPE.',
  ],
] as const)('with %j a pushed authorization request is refused, with what to do', async ([set, expected]) => {
  const findings = await examineWith(set, pushedOnly);
  expect(findings).toContain(expected);
  expect(findings.join('\n')).not.toContain('canary');
});

test('a proxy on the way to the provider is reported, and none is used for this machine', async () => {
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${await freePort()}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const expected =
    'note provider: is asked through the proxy of HTTPS_PROXY, unless NO_PROXY leaves its host out.';
  const findings = await examineWith({ OIDC_ISSUER: 'https://op.example' });
  expect(findings.slice(0, 2)).toEqual([expected, expect.stringMatching(/^bad provider: .*ECONNREFUSED/)]);
  expect(await examineWith()).not.toContain(expected);
});

test('below a path the addresses to register and the cookies are below it', async () => {
  const findings = await examineWith({ PUBLIC_URL: 'http://localhost:3000/app' });
  expect(findings).toEqual(
    expect.arrayContaining([
      expect.stringContaining('Register http://localhost:3000/app/login/callback as redirect URI'),
      expect.stringContaining('Register http://localhost:3000/app/logout as post-logout redirect URI'),
    ]),
  );
  const variables = { OIDC_CLIENT_SECRET: 'a-secret-of-these-tests' };
  expect(await examineWith({ ...variables, PUBLIC_URL: 'https://app.example:8443/app' })).toContain(
    'ok cookies: __Secure-foyer-8443, Secure, HttpOnly, SameSite=Strict, Path=/app',
  );
});

test('on https the cookies have their prefix', async () => {
  const variables = { PUBLIC_URL: 'https://app.example', OIDC_CLIENT_SECRET: 'a-secret-of-these-tests' };
  expect(await examineWith(variables)).toContain(
    'ok cookies: __Host-Http-foyer, Secure, HttpOnly, SameSite=Strict',
  );
});

const doctor = fileURLToPath(new URL('../src/doctor.ts', import.meta.url));

const runDoctor = async (
  variables: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }> => {
  const child = spawn(process.execPath, [doctor, ...args], { env: { PATH: process.env.PATH, ...variables } });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, output, errors };
};

test('the exit code of the doctor is for scripts: 0 when nothing is bad, else 1, and no secret is printed', async () => {
  await using provider = await startDevProvider({ publicUrls: ['http://localhost:3000'] });
  const SESSION_KEYS = createSessionKey();
  const settings = { ...soundSettings(provider), SESSION_KEYS };
  const [sound, wrong] = await Promise.all([
    runDoctor({ ...settings, OIDC_CLIENTID: 'typo' }),
    runDoctor({ ...settings, OIDC_CLIENT_SECRET: 'swordfish-canary' }),
  ]);
  expect([sound.code, wrong.code]).toEqual([0, 1]);
  expect(sound.output).toContain('note  configuration: OIDC_CLIENTID is not a variable of Foyer');
  expect(wrong.output).toMatch(/^bad {3}provider: refuses the client\. /m);
  for (const secret of [SESSION_KEYS, 'swordfish', provider.clientSecret])
    expect(sound.output + wrong.output).not.toContain(secret);
});

test('a mistake is a finding of the doctor, and everything else is examined all the same', async () => {
  await using provider = await startDevProvider({ publicUrls: ['http://localhost:3000'] });
  const settings = { ...soundSettings(provider), SPA_DEV_SERVER: '', SPA_DIR: '/no/such/build' };
  const [noPages, noStore, noClient] = await Promise.all([
    runDoctor(settings),
    runDoctor({ ...settings, SESSION_STORE: 'postgres://db' }),
    runDoctor({ ...settings, OIDC_CLIENT_ID: '', OIDC_CLIENT: 'app' }),
  ]);
  expect([noPages.code, noStore.code, noClient.code]).toEqual([1, 1, 1]);
  expect(noPages.output).toContain('bad   configuration: SPA_DIR has no index.html.');
  expect(noPages.output).toContain('ok    provider: leads back to http://localhost:3000/login/callback');
  expect(noPages.output).toContain('ok    session store: can be read and written');
  expect(noStore.output).toContain('ok    provider: leads back to http://localhost:3000/login/callback');
  expect(noStore.output).not.toContain('ok    session store');
  expect(noClient.output).toMatch(/^bad {3}configuration: OIDC_CLIENT_ID is /m);
  expect(noClient.output).toContain('note  configuration: OIDC_CLIENT is not a variable of Foyer');
  expect(noClient.output).toContain('note  provider: is examined once the mistakes above are corrected');
});

test.for<[string, Readonly<Record<string, string>>, string]>([
  [
    'a value in a file',
    { SESSION_STORE: '', SESSION_STORE_FILE: import.meta.filename },
    'SESSION_STORE is not the address of a session store.',
  ],
  ['half a pair', { ADMIN_PORT: '9000' }, 'ADMIN_TOKEN is not set, and ADMIN_PORT is.'],
])('a mistake in %s stops no other examination', async ([, variables, expected]) => {
  await using provider = await startDevProvider({ publicUrls: ['http://localhost:3000'] });
  const { code, output } = await runDoctor({ ...soundSettings(provider), ...variables });
  expect(code).toBe(1);
  expect(output).toContain(`bad   configuration: ${expected}`);
  expect(output).toContain('ok    provider: leads back to http://localhost:3000/login/callback');
});

test('API routes are listed with their requirements, and requirements that no sign-in meets are named', async () => {
  const upstream = 'http://localhost:4000';
  const findings = await examineWith({
    OIDC_AUTHORIZATION_PARAMS: 'acr_values=silver',
    API_ROUTES: JSON.stringify([
      { prefix: '/api/open', upstream, auth: 'none' },
      { prefix: '/api/users', upstream, methods: ['GET'], identity: { 'x-user': 'sub' } },
      {
        ...{ prefix: '/api/users', upstream, methods: ['POST'] },
        require: {
          claims: { groups: ['editors', 'owners'] },
          scope: 'users:write',
          acr: 'gold',
          maxAge: '10m',
        },
      },
    ]),
  });
  expect(findings.filter((line) => line.includes('API routes'))).toEqual([
    'ok API routes: /api/open → http://localhost:4000 is open to everyone.',
    'ok API routes: /api/users (GET) → http://localhost:4000 needs a session; reports the person in x-user.',
    'ok API routes: /api/users (POST) → http://localhost:4000 needs a session, and requires the claim groups to be editors or owners, and the scope users:write, and acr gold, and a sign-in of the last 10m.',
    'note API routes: /api/users requires the scope users:write, which OIDC_SCOPE does not ask for.',
    'note API routes: /api/users requires an acr that acr_values of OIDC_AUTHORIZATION_PARAMS does not list: add it there.',
  ]);
});

const editing = {
  ...{ prefix: '/api/users', upstream: 'http://localhost:4000', methods: ['POST'] },
  require: {
    claims: { groups: ['editors', 'owners'], 'realm.role': 'admin', sub: ['ada', 'grace'] },
    scope: 'users:write',
    maxAge: '10m',
  },
};

const ada = {
  sub: 'ada',
  groups: ['editors'],
  realm: { role: 'admin' },
  auth_time: 1_700_000_000,
  nonce: 'x',
};

test.for<[string, string, string]>([
  [
    'that meets everything',
    JSON.stringify({ ...ada, scope: 'openid users:write' }),
    'ok    API routes: /api/users (POST): the sample sign-in may, by groups, realm.role, sub, scope, auth_time.',
  ],
  [
    'as /api/me answers it',
    JSON.stringify({ authenticated: true, user: { sub: 'grace', groups: ['readers'] } }),
    'note  API routes: /api/users (POST): the sample sign-in may not. The claim groups is not editors or owners. The claim realm.role is not admin. The access token was not granted the scope users:write. The time of the sign-in is not known.',
  ],
  [
    'of which a protocol claim is not kept',
    JSON.stringify({ ...ada, groups: undefined, nonce: 'editors', scope: 'users:write' }),
    'note  API routes: /api/users (POST): the sample sign-in may not. The claim groups is not editors or owners.',
  ],
  [
    'that is no JSON',
    'groups=editors',
    'sample.json holds no JSON object: give the claims of an ID token, or what /api/me answers.',
  ],
])('the claims of a sample sign-in %s are held against the API routes', async ([, sample, expected]) => {
  await using provider = await startDevProvider({ publicUrls: ['http://localhost:3000'] });
  const folder = mkdtempSync(join(tmpdir(), 'foyer-sample-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sample.json');
  writeFileSync(file, sample);
  const routes = [{ ...editing, methods: ['GET'], require: undefined }, editing];
  const settings = { ...soundSettings(provider), API_ROUTES: JSON.stringify(routes) };
  const { code, output } = await runDoctor(settings, '--claims', file);
  expect(output).toContain(expected);
  expect(code).toBe(expected.includes('JSON object') ? 1 : 0);
});

test('an unknown option of the doctor is answered with the known ones', async () => {
  const { code, errors } = await runDoctor({}, '--claim', 'x');
  expect([code, errors]).toEqual([1, expect.stringMatching(/--claims FILE[\s\S]*--live URL/)]);
});
