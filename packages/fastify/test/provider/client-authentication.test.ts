import { expect, test } from 'vitest';
import type { Answer, Bends, Json, SeenRequest } from './bent-provider.ts';
import { problemCode, startRelyingParty } from './relying-party.ts';

const methodOf = ({ headers, body }: SeenRequest): string => {
  if (headers.authorization?.startsWith('Basic ')) return body.has('client_secret') ? 'both' : 'basic';
  return body.has('client_secret') ? 'post' : 'none';
};

const methodsOf = (seen: readonly SeenRequest[]): readonly string[] =>
  seen.filter(({ endpoint }) => endpoint === 'token').map(methodOf);

const invalidClient: Answer = { status: 401, body: { error: 'invalid_client' } };

const accepting =
  (method: string): Bends['token'] =>
  (base, request) =>
    methodOf(request) === method ? { body: base } : invalidClient;

const listing =
  (...methods: string[]): Bends['discovery'] =>
  (base: Json) => ({ body: { ...base, token_endpoint_auth_methods_supported: methods } });

test.for<[string, Bends['discovery'], string]>([
  ['nothing', undefined, 'basic'],
  ['both', listing('client_secret_post', 'client_secret_basic'), 'basic'],
  ['post alone', listing('client_secret_post'), 'post'],
  ['methods that we have not', listing('private_key_jwt'), 'basic'],
])('a provider that lists %s gets the secret by %s first', async ([, discovery, method]) => {
  await using party = await startRelyingParty({ discovery });
  await party.login();
  expect(methodsOf(party.bent.seen)).toEqual([method]);
});

test.for<[string, string, Bends['discovery']]>([
  ['basic', 'post', undefined],
  ['post', 'basic', listing('client_secret_post')],
])('invalid_client by %s tries %s, and remembers it', async ([first, second, discovery]) => {
  await using party = await startRelyingParty({ discovery, token: accepting(second) });
  await party.login();
  await party.login();
  expect(methodsOf(party.bent.seen)).toEqual([first, second, second]);
});

test('invalid_client counts with any status, and a bare 401 does not', async () => {
  for (const [answer, methods] of [
    [{ status: 400, body: { error: 'invalid_client' } }, ['basic', 'post']],
    [{ status: 401, body: '<h1>No</h1>' }, ['basic']],
  ] as const) {
    await using party = await startRelyingParty({ token: () => answer });
    expect(await problemCode(party.login())).toBe('provider_error');
    expect(methodsOf(party.bent.seen)).toEqual(methods);
  }
});

test('invalid_client in WWW-Authenticate alone counts too', async () => {
  await using party = await startRelyingParty({
    token: (base, request) =>
      methodOf(request) === 'post'
        ? { body: base }
        : { status: 401, body: '', headers: { 'www-authenticate': 'Basic error="invalid_client"' } },
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('invalid_client by both methods is refused, and nothing is remembered', async () => {
  await using party = await startRelyingParty({ token: () => invalidClient });
  expect(await problemCode(party.login())).toBe('provider_error');
  party.bent.bends = {};
  await party.login();
  expect(methodsOf(party.bent.seen)).toEqual(['basic', 'post', 'basic']);
});

test('what was learnt is forgotten when it is refused', async () => {
  await using party = await startRelyingParty({ token: accepting('post') });
  await party.login();
  party.bent.bends = { token: () => invalidClient };
  expect(await problemCode(party.login())).toBe('provider_error');
  party.bent.bends = {};
  await party.login();
  expect(methodsOf(party.bent.seen)).toEqual(['basic', 'post', 'post', 'basic', 'basic']);
});

test('another error than invalid_client is not tried again', async () => {
  await using party = await startRelyingParty({
    token: () => ({ status: 400, body: { error: 'invalid_request' } }),
  });
  expect(await problemCode(party.login())).toBe('provider_error');
  expect(methodsOf(party.bent.seen)).toEqual(['basic']);
});

test.for([
  ['client_secret_basic', 'basic'],
  ['client_secret_post', 'post'],
] as const)('%s is kept when it is configured', async ([clientAuth, method]) => {
  await using party = await startRelyingParty({ token: () => invalidClient }, { clientAuth });
  expect(await problemCode(party.login())).toBe('provider_error');
  expect(methodsOf(party.bent.seen)).toEqual([method]);
});

test.for([
  ['a-b_c.d', 'a-b_c.d'],
  ['a:b', 'a%3Ab'],
  ['a+b/c=', 'a%2Bb%2Fc%3D'],
  ['a b%c', 'a+b%25c'],
])('basic sends the secret %s as %s', async ([clientSecret, encoded]) => {
  await using party = await startRelyingParty({}, { clientSecret, clientId: 'foyer-client' });
  await party.login();
  const request = party.bent.seen.find(({ endpoint }) => endpoint === 'token');
  const pair = Buffer.from(`foyer-client:${encoded}`).toString('base64');
  expect(request?.headers.authorization).toBe(`Basic ${pair}`);
});

const decodeForm = (text: string): string => new URLSearchParams(`v=${text}`).get('v') ?? '';
const asSent = (text: string): string => text;

/** Accepts the pair of `Authorization: Basic` as this server reads it, and the members of the body as they are. */
const knowing =
  (clientId: string, clientSecret: string, read: (text: string) => string): Bends['token'] =>
  (base, { headers, body }) => {
    const pair = Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString();
    const [name = '', ...rest] = pair.split(':');
    const ofHeader = [read(name), read(rest.join(':'))];
    const ofBody = [body.get('client_id'), body.get('client_secret')];
    return [ofHeader, ofBody].some(([id, secret]) => id === clientId && secret === clientSecret)
      ? { body: base }
      : invalidClient;
  };

test.for([
  ['decodes', decodeForm, 'a-b_c.d', ['basic']],
  ['decodes', decodeForm, 'a:b+c/d= e%f&gä', ['basic']],
  ['does not decode', asSent, 'a-b_c.d', ['basic']],
  ['does not decode', asSent, 'a:b+c/d= e%f&gä', ['basic', 'post']],
] as const)(
  'a provider that %s what Basic carries is signed in to: $2',
  async ([, read, clientSecret, methods]) => {
    const clientId = 'foyer-client_1.app';
    await using party = await startRelyingParty(
      {
        token: knowing(clientId, clientSecret, read),
        idToken: ({ header, claims }) => ({ header, claims: { ...claims, aud: clientId } }),
      },
      { clientId, clientSecret },
    );
    expect(await party.login()).toMatchObject({ sub: 'ada' });
    expect(methodsOf(party.bent.seen)).toEqual(methods);
  },
);

test('post sends the secret as it is', async () => {
  const clientSecret = 'a-b_c.d:e+f %';
  await using party = await startRelyingParty({}, { clientSecret, clientAuth: 'client_secret_post' });
  await party.login();
  const request = party.bent.seen.find(({ endpoint }) => endpoint === 'token');
  expect(request?.body.get('client_id')).toBe('foyer-client');
  expect(request?.body.get('client_secret')).toBe(clientSecret);
});

test('the redirect URI and the verifier go with the code', async () => {
  await using party = await startRelyingParty();
  await party.login();
  const request = party.bent.seen.find(({ endpoint }) => endpoint === 'token');
  expect(request?.body.get('grant_type')).toBe('authorization_code');
  expect(request?.body.get('code')).toBe('code-1');
  expect(request?.body.get('redirect_uri')).toMatch(/^http:\/\/localhost:3000\//);
  expect(request?.body.get('code_verifier')).toMatch(/^[A-Za-z0-9_-]{44}$/);
});

test('a revocation endpoint that wants another method leaves later sign-ins as they were', async () => {
  await using party = await startRelyingParty({
    discovery: (base) => ({ body: { ...base, revocation_endpoint: `${base.issuer}/revocation` } }),
    token: accepting('basic'),
    revocation: (request) => (methodOf(request) === 'post' ? {} : invalidClient),
  });
  const { bent, provider } = party;
  await party.login();
  await provider.revoke('refresh-token-1');
  await provider.revoke('refresh-token-2');
  await party.login();
  expect(bent.seen.filter(({ endpoint }) => endpoint === 'revocation').map(methodOf)).toEqual([
    'basic',
    'post',
    'post',
  ]);
  expect(methodsOf(bent.seen)).toEqual(['basic', 'basic']);
});

test('a code that invalid_client has burnt keeps the lesson', async () => {
  await using party = await startRelyingParty({
    token: (_, request) =>
      methodOf(request) === 'post' ? { status: 400, body: { error: 'invalid_grant' } } : invalidClient,
  });
  expect(await problemCode(party.login())).toBe('login_expired');
  party.bent.bends = { token: accepting('post') };
  await party.login();
  expect(methodsOf(party.bent.seen)).toEqual(['basic', 'post', 'post']);
});

test('a method that the provider changes is found by trying, and listed from the next reading on', async () => {
  await using party = await startRelyingParty({ discovery: listing('client_secret_basic') });
  const { bent } = party;
  await party.login();
  const authorization_endpoint = `${bent.issuer}/moved`;
  bent.bends = {
    discovery: (base) => listing('client_secret_post')?.({ ...base, authorization_endpoint }) ?? {},
    token: accepting('post'),
  };
  await party.login();
  bent.clock.now += 3_600_000;
  const address = async () => (await party.provider.createAuthorizationRequest({})).url;
  await expect.poll(address).toContain(authorization_endpoint);
  await party.login();
  expect(methodsOf(bent.seen)).toEqual(['basic', 'basic', 'post', 'post']);
});

test('what was learnt of a provider is forgotten after an hour', async () => {
  await using party = await startRelyingParty({ token: accepting('post') });
  for (const waitMs of [0, 3_599_000, 1000, 0]) {
    party.bent.clock.now += waitMs;
    await party.login();
  }
  expect(methodsOf(party.bent.seen)).toEqual(['basic', 'post', 'post', 'basic', 'post', 'post']);
});

test('requests at the same time authenticate each in the way of its endpoint', async () => {
  await using party = await startRelyingParty({
    discovery: (base) => ({
      body: {
        ...{ ...base, revocation_endpoint: `${base.issuer}/revocation` },
        token_endpoint_auth_methods_supported: ['client_secret_post'],
        revocation_endpoint_auth_methods_supported: ['client_secret_basic'],
      },
    }),
  });
  const { bent, provider } = party;
  await provider.isDiscovered();
  const asked = Array.from({ length: 10 }, (_, n) => [
    provider.clientToken({ audience: `api-${n}` }),
    provider.revoke(`refresh-token-${n}`),
  ]);
  await Promise.all(asked.flat());
  const seen = bent.seen.filter(({ body }) => body.size > 0);
  const methods = seen.map((request) => `${request.endpoint} ${methodOf(request)}`);
  expect([seen.length, [...new Set(methods)].sort()]).toEqual([20, ['revocation basic', 'token post']]);
});
