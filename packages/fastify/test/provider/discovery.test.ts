import { describe, expect, test } from 'vitest';
import { parseMetadata } from '../../src/provider/metadata.ts';
import type { Answer, Bends, Json } from './bent-provider.ts';
import { problemCode, problemOf, type RelyingParty, startRelyingParty } from './relying-party.ts';

const start = ({ provider }: RelyingParty): Promise<{ readonly url: string }> =>
  provider.createAuthorizationRequest({});

const withChange =
  (change: Json): Bends['discovery'] =>
  (base) => ({ body: { ...base, ...change } });

const httpEndpoint = 'http://provider.example/endpoint';

describe('metadata is refused, and nothing of it is kept', () => {
  test.for<[string, Bends['discovery']]>([
    ['with another issuer', withChange({ issuer: 'https://other.example' })],
    ['with an issuer below ours', (base) => ({ body: { ...base, issuer: `${base.issuer}/tenant` } })],
    ['without issuer', withChange({ issuer: undefined })],
    ['with an issuer that is a list', (base) => ({ body: { ...base, issuer: [base.issuer] } })],
    ['without authorization endpoint', withChange({ authorization_endpoint: undefined })],
    ['without token endpoint', withChange({ token_endpoint: undefined })],
    ['without key set', withChange({ jwks_uri: undefined })],
    [
      'with a javascript: authorization endpoint',
      withChange({ authorization_endpoint: 'javascript:alert(1)' }),
    ],
    ['with an http authorization endpoint', withChange({ authorization_endpoint: httpEndpoint })],
    ['with an http token endpoint', withChange({ token_endpoint: httpEndpoint })],
    ['with an http key set', withChange({ jwks_uri: httpEndpoint })],
    ['with a file: key set', withChange({ jwks_uri: 'file:///etc/passwd' })],
    ['with credentials in an endpoint', withChange({ token_endpoint: 'https://a:b@provider.example/token' })],
    ['with a relative endpoint', withChange({ token_endpoint: '/token' })],
    ['with an endpoint that is a number', withChange({ token_endpoint: 7 })],
    ['that is a page', () => ({ headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' })],
    ['that is a list', () => ({ body: '[]' })],
    ['that is empty', () => ({ body: '' })],
    ['that is larger than a megabyte', () => ({ body: ' '.repeat(1024 * 1024 + 1) })],
    ['that is not found', () => ({ status: 404 })],
    ['that needs a login', () => ({ status: 401 })],
    ['that is elsewhere', () => ({ status: 302, headers: { location: 'https://other.example/' } })],
  ])('%s', async ([, discovery]) => {
    await using party = await startRelyingParty({ discovery });
    expect(await problemCode(start(party))).toBe('provider_invalid_response');
    expect(await party.provider.isDiscovered()).toBe(false);
    expect(party.provider.endSessionOrigin()).toBeUndefined();
    party.bent.bends = {};
    party.bent.clock.now += 5_000;
    expect((await start(party)).url).toMatch(`${party.bent.issuer}/authorize?`);
    expect(await party.provider.isDiscovered()).toBe(true);
  });
});

describe('a provider in trouble is reported as such, and recovers', () => {
  test.for<[string, Answer, string]>([
    ['500', { status: 500 }, 'provider_unavailable'],
    ['503 as a page', { status: 503, body: '<h1>Soon</h1>' }, 'provider_unavailable'],
    ['429', { status: 429 }, 'provider_unavailable'],
    ['408', { status: 408 }, 'provider_unavailable'],
    ['a connection cut off', { write: (response) => response.destroy() }, 'provider_unavailable'],
    ['no answer', { write: () => {} }, 'provider_timeout'],
  ])('%s', async ([, answer, code]) => {
    await using party = await startRelyingParty(
      { discovery: () => answer },
      code === 'provider_timeout' ? { providerTimeout: 1 } : {},
    );
    expect(await problemOf(start(party))).toMatchObject({ code, retryAfter: 5 });
    party.bent.bends = {};
    party.bent.clock.now += 250;
    expect((await start(party)).url).toMatch(`${party.bent.issuer}/authorize?`);
  });

  test('no server listening', async () => {
    await using party = await startRelyingParty({}, { issuer: 'http://127.0.0.1:1' });
    expect(await problemOf(start(party))).toMatchObject({ code: 'provider_unavailable', retryAfter: 5 });
  });
});

test('many logins at once cost one discovery, and it is kept', async () => {
  await using party = await startRelyingParty();
  await Promise.all(Array.from({ length: 20 }, () => start(party)));
  await start(party);
  expect(party.bent.count('discovery')).toBe(1);
});

test('failed discoveries pause longer and longer, 5 s at most', async () => {
  await using party = await startRelyingParty({ discovery: () => ({ status: 500 }) });
  const { bent } = party;
  for (const pause of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
    const before = bent.count('discovery');
    for (const waitMs of [0, pause - 1]) {
      bent.clock.now += waitMs;
      expect(await problemCode(start(party))).toBe('provider_unavailable');
      expect(bent.count('discovery')).toBe(before + 1);
    }
    bent.clock.now += 1;
  }
});

test('a warm-up that fails is logged and harms no one', async () => {
  await using party = await startRelyingParty({ discovery: () => ({ status: 500 }) });
  party.provider.warmUp();
  await expect.poll(() => party.log).toHaveLength(1);
  expect(party.log[0]).toMatchObject({ level: 40, msg: 'the provider is not discovered yet' });
});

test('a redirect on the same origin is followed once', async () => {
  await using party = await startRelyingParty({
    discovery: () => ({ status: 302, headers: { location: '/.well-known/openid-configuration' } }),
  });
  expect(await problemCode(start(party))).toBe('provider_invalid_response');
  expect(party.bent.count('discovery')).toBe(2);
});

test.for(['/', '/.well-known/openid-configuration'])('the issuer may be configured with %s', async (end) => {
  await using sound = await startRelyingParty();
  await using party = await startRelyingParty({}, { issuer: `${sound.bent.issuer}${end}` });
  expect((await start(party)).url).toMatch(`${sound.bent.issuer}/authorize?`);
});

test.for(['authorization', 'token', 'userinfo', 'revocation', 'end_session'])(
  'a provider on https cannot have us ask a loopback host: its %s endpoint',
  (name) => {
    const issuer = 'https://provider.example';
    const sound = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
    };
    const options = { issuer, discoveryUrl: undefined };
    expect(parseMetadata(sound, options).metadata).toMatchObject(sound);
    const isRequired = ['authorization', 'token'].includes(name);
    for (const local of ['http://localhost:8080/x', 'http://127.0.0.1/x', 'HTTP://[::1]/x']) {
      const parse = () => parseMetadata({ ...sound, [`${name}_endpoint`]: local }, options);
      if (isRequired) expect(parse).toThrow('is not an https URL');
      else expect(parse().ignored).toEqual([`${name}_endpoint`]);
    }
  },
);

test('endpoints on a loopback host may be http', async () => {
  await using party = await startRelyingParty({
    discovery: withChange({ userinfo_endpoint: 'http://[::1]:9/userinfo' }),
  });
  expect((await start(party)).url).toMatch(`${party.bent.issuer}/authorize?`);
});

test('an authorization endpoint keeps the query of its own, under what every request says, each time', async () => {
  await using party = await startRelyingParty({
    discovery: withChange({
      authorization_endpoint: 'HTTPS://Provider.example:443/authorize\n?tenant=a b&response_type=token',
    }),
  });
  for (const _time of [1, 2]) {
    const { url } = await start(party);
    expect(url).toMatch(/^https:\/\/provider\.example\/authorize\?tenant=a\+b&response_type=code&[!-~]+$/);
    expect(new URL(url).searchParams.getAll('response_type')).toEqual(['code']);
  }
});

const optionalEndpoints = [
  ...['userinfo_endpoint', 'revocation_endpoint', 'end_session_endpoint'],
  'pushed_authorization_request_endpoint',
];

test.for(optionalEndpoints)(
  'an optional %s that cannot be used is left out with a warning, an empty one without',
  async (name) => {
    for (const [value, warnings] of [
      ['http://provider.example/x', 1],
      ['data:text/html,x', 1],
      [7, 1],
      ['', 0],
      [null, 0],
    ]) {
      await using party = await startRelyingParty({ discovery: withChange({ [String(name)]: value }) });
      expect(await party.login()).toMatchObject({ sub: 'ada' });
      expect(party.log.filter(({ event }) => event === 'provider_endpoint_ignored')).toHaveLength(
        Number(warnings),
      );
    }
  },
);

test('metadata is read again after an hour, and what was good stays until the new is good', async () => {
  await using party = await startRelyingParty();
  const { bent } = party;
  await start(party);
  bent.clock.now += 3_600_000;
  bent.bends = { discovery: () => ({ status: 500 }) };
  expect((await start(party)).url).toMatch(`${bent.issuer}/authorize?`);
  await expect.poll(() => party.log).toMatchObject([{ event: 'provider_metadata_stale' }]);
  bent.bends = { discovery: withChange({ authorization_endpoint: `${bent.issuer}/moved` }) };
  bent.clock.now += 5000;
  await expect.poll(async () => (await start(party)).url).toMatch(`${bent.issuer}/moved?`);
});

test.for<[string, number]>([
  ['no-store', 3600],
  ['public, max-age=900', 900],
  ['max-age=1', 300],
  ['max-age=31536000, immutable', 86_400],
])('metadata with Cache-Control: %s is used for %i s', async ([control, seconds]) => {
  await using party = await startRelyingParty({
    discovery: (base) => ({ headers: { 'cache-control': control }, body: base }),
  });
  const { bent } = party;
  await start(party);
  bent.clock.now += seconds * 1000 - 1;
  await start(party);
  expect(bent.count('discovery')).toBe(1);
  bent.clock.now += 1;
  await start(party);
  await expect.poll(() => bent.count('discovery')).toBe(2);
});

const signIn = (party: RelyingParty): Promise<unknown> => party.login();

test.for<[string, string, (party: RelyingParty) => Promise<unknown>]>([
  ['jwks_uri', 'a sign-in', signIn],
  ['token_endpoint', 'a sign-in', signIn],
  ['userinfo_endpoint', 'a sign-in', signIn],
  [
    'token_endpoint',
    'a refresh',
    ({ bent, provider }) => provider.refresh('refresh-token-1', { issuer: bent.issuer, sub: 'ada' }),
  ],
  [
    'jwks_uri',
    'a logout token',
    ({ bent, provider }) => provider.verifyLogoutToken(bent.sign(bent.logoutToken())),
  ],
  [
    'revocation_endpoint',
    'a revocation',
    async ({ provider, log }) => {
      const before = log.length;
      await provider.revoke('refresh-token-1');
      const failed = log.slice(before).find(({ event }) => event === 'revocation_failed');
      if (failed !== undefined) throw new Error(JSON.stringify(failed));
    },
  ],
  ['pushed_authorization_request_endpoint', 'a pushed request', start],
  [
    'token_endpoint',
    'an exchange',
    ({ provider }) => provider.exchange({ accessToken: 'x' }, { audience: 'api' }),
  ],
  ['token_endpoint', 'the client’s own grant', ({ provider }) => provider.clientToken({ audience: 'api' })],
])(
  'a %s that has moved is found after %s has failed, and the secret is not blamed',
  async ([name, , run]) => {
    const more = (base: Json): Json => ({
      ...{ revocation_endpoint: `${base.issuer}/revocation`, require_pushed_authorization_requests: true },
      ...{ pushed_authorization_request_endpoint: `${base.issuer}/par` },
    });
    await using party = await startRelyingParty({
      discovery: (base) => ({ body: { ...base, ...more(base), [name]: `${base.issuer}/nowhere` } }),
    });
    const { bent, provider } = party;
    expect(await provider.isDiscovered()).toBe(true);
    bent.clock.now += 5000;
    bent.bends = { discovery: (base) => ({ body: { ...base, ...more(base) } }) };
    const failure = await problemOf(run(party));
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).not.toContain('OIDC_CLIENT_SECRET');
    await expect.poll(() => bent.count('discovery')).toBe(2);
    await expect.poll(() => problemOf(run(party))).toBe('it was accepted');
  },
);

test('another issuer than the configured one is refused with both, and the settings', async () => {
  await using party = await startRelyingParty({ discovery: withChange({ issuer: 'https://other.example' }) });
  expect(String(await problemOf(start(party)))).toMatch(
    /https:\/\/other\.example, and http:\/\/127\.0\.0\.1:\d+ is expected: set OIDC_ISSUER .* OIDC_DISCOVERY_URL/,
  );
});

test('the metadata may be elsewhere than below the issuer', async () => {
  const issuer = 'http://localhost:9/tenant';
  await using other = await startRelyingParty({ discovery: withChange({ issuer }) });
  const discoveryUrl = `${other.bent.issuer}/.well-known/openid-configuration`;
  await using party = await startRelyingParty({}, { issuer, discoveryUrl });
  expect((await start(party)).url).toMatch(`${other.bent.issuer}/authorize?`);
});

test('beside a discovery URL the issuer is what is configured, whatever it looks like', async () => {
  const issuer = 'http://localhost:9/tenant';
  await using other = await startRelyingParty({ discovery: withChange({ issuer }) });
  const discoveryUrl = `${other.bent.issuer}/.well-known/openid-configuration`;
  await using party = await startRelyingParty({}, { issuer: `${issuer}/.well-known/x`, discoveryUrl });
  expect(await problemCode(start(party))).toBe('provider_invalid_response');
});
