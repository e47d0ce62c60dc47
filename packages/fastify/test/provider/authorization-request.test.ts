import { hash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { createClientKey, keyAlgorithms } from '../kit/client-keys.ts';
import { openRealClient, startRealProvider } from '../kit/real-login.ts';
import type { Answer, Bends } from './bent-provider.ts';
import { problemCode, startRelyingParty } from './relying-party.ts';

const withPar = (par?: () => Answer, more: Record<string, unknown> = {}): Bends => ({
  discovery: (base) => ({
    body: { ...base, pushed_authorization_request_endpoint: `${base.issuer}/par`, ...more },
  }),
  par,
});

type Party = Awaited<ReturnType<typeof startRelyingParty>>;

const parametersOf = async ({ provider }: Party): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(new URL((await provider.createAuthorizationRequest({})).url).searchParams);

test('auto pushes where the provider can: the browser carries a reference alone, the client is authenticated', async () => {
  await using party = await startRelyingParty(withPar());
  expect(await parametersOf(party)).toEqual({ client_id: party.bent.clientId, request_uri: 'urn:example:1' });
  const pushed = party.bent.seen.find(({ endpoint }) => endpoint === 'par');
  expect(pushed?.headers.authorization).toMatch(/^Basic /);
  expect(Object.fromEntries(pushed?.body ?? [])).toMatchObject({
    ...{ response_type: 'code', scope: 'openid profile email', code_challenge_method: 'S256' },
    redirect_uri: 'http://localhost:3000/login/callback',
  });
});

test('auto pushes nothing where the provider has no endpoint for it, never pushes nothing at all', async () => {
  await using without = await startRelyingParty();
  expect(await parametersOf(without)).toMatchObject({ response_type: 'code' });
  await using never = await startRelyingParty(withPar(), { par: 'never' });
  expect(await parametersOf(never)).toMatchObject({ response_type: 'code' });
  expect(never.bent.count('par')).toBe(0);
});

test('each request has a state, a nonce and an S256 challenge of its own', async () => {
  await using party = await startRelyingParty();
  const [first, second] = [
    await party.provider.createAuthorizationRequest({}),
    await party.provider.createAuthorizationRequest({}),
  ];
  for (const name of ['state', 'nonce', 'codeVerifier'] as const)
    expect(first.checks[name]).not.toBe(second.checks[name]);
  const { searchParams } = new URL(first.url);
  const { state, nonce, codeVerifier } = first.checks;
  expect(Object.fromEntries(searchParams)).toMatchObject({
    ...{ state, nonce, code_challenge_method: 'S256' },
    code_challenge: hash('sha256', codeVerifier, 'base64url'),
  });
});

const resources = ['https://users.example/', 'https://orders.example/'];

test('every resource is asked for, in plain, pushed and signed, and replaces the parameter of that name', async () => {
  const given = { resources, authorizationParams: { resource: 'https://other.example' } };
  await using plain = await startRelyingParty({}, given);
  const { url } = await plain.provider.createAuthorizationRequest({});
  expect(new URL(url).searchParams.getAll('resource')).toEqual(resources);
  await using pushing = await startRelyingParty(withPar(), given);
  await parametersOf(pushing);
  const pushed = pushing.bent.seen.find(({ endpoint }) => endpoint === 'par');
  expect(pushed?.body.getAll('resource')).toEqual(resources);
  const clientKey = createClientKey('ES256').pem;
  await using signing = await startRelyingParty({}, { ...given, signedRequest: 'on', clientKey });
  expect(decodeJwt((await parametersOf(signing)).request ?? '').resource).toEqual(resources);
});

const refusal: Answer = { status: 400, body: { error: 'invalid_redirect_uri' } };

test.for<[string, Answer]>([
  ['is refused', refusal],
  ['is not found', { status: 404 }],
  ['is answered by a page', { body: '<h1>Hello</h1>' }],
  ['is answered without a reference', { status: 201, body: {} }],
  ['is answered with an empty reference', { status: 201, body: { request_uri: '', expires_in: 60 } }],
])('a pushed request that %s goes by way of the browser, which shows what is wrong', async ([, answer]) => {
  await using party = await startRelyingParty(withPar(() => answer));
  expect(await parametersOf(party)).toMatchObject({ response_type: 'code' });
  expect(party.log).toContainEqual(expect.objectContaining({ event: 'pushed_request_refused' }));
});

test.for<[string, unknown]>([
  ['missing', undefined],
  ['null', null],
  ['empty', ''],
  ['text', '60'],
  ['negative', -1],
  ['words', 'soon'],
])('a pushed request whose expires_in is %s is accepted', async ([, expires_in]) => {
  const body = { request_uri: 'urn:example:1', expires_in };
  await using party = await startRelyingParty(
    withPar(() => ({ status: 201, body }), { require_pushed_authorization_requests: true }),
  );
  expect(await parametersOf(party)).toMatchObject({ request_uri: 'urn:example:1' });
});

test('an endpoint for pushed requests that has moved makes the metadata be read again', async () => {
  const requires = { require_pushed_authorization_requests: true };
  await using party = await startRelyingParty(
    withPar(undefined, { ...requires, pushed_authorization_request_endpoint: 'http://127.0.0.1:1/par' }),
  );
  const { bent } = party;
  expect(await problemCode(parametersOf(party))).toBe('provider_unavailable');
  bent.bends = withPar(undefined, requires);
  bent.clock.now += 5000;
  expect(await problemCode(parametersOf(party))).toBe('provider_unavailable');
  await expect.poll(async () => problemCode(parametersOf(party))).toBe('it was accepted');
});

test.for<[string, Bends, 'auto' | 'always', string]>([
  ['is refused although it is always wanted', withPar(() => refusal), 'always', 'provider_error'],
  [
    'is refused although the provider requires it',
    withPar(() => refusal, { require_pushed_authorization_requests: true }),
    'auto',
    'provider_error',
  ],
  ['has no endpoint although it is always wanted', {}, 'always', 'provider_invalid_response'],
  ['meets a provider in trouble', withPar(() => ({ status: 503 })), 'auto', 'provider_unavailable'],
  [
    'is answered without a reference although it is always wanted',
    withPar(() => ({ status: 201, body: {} })),
    'always',
    'provider_invalid_response',
  ],
])('a pushed request that %s starts no login', async ([, bends, par, code]) => {
  await using party = await startRelyingParty(bends, { par });
  expect(await problemCode(party.provider.createAuthorizationRequest({}))).toBe(code);
});

test.for(keyAlgorithms)('a request signed by %s is accepted, in plain and pushed', async (alg) => {
  const { pem, publicJwk } = createClientKey(alg);
  const client = {
    token_endpoint_auth_method: 'private_key_jwt',
    require_signed_request_object: true,
    request_object_signing_alg: alg,
    jwks: { keys: [publicJwk] },
  } as const;
  const real = await startRealProvider([client], (base) => ({
    ...base,
    enabledJWA: {
      clientAuthSigningAlgValues: [...keyAlgorithms],
      requestObjectSigningAlgValues: [...keyAlgorithms],
    },
    features: {
      ...base.features,
      requestObjects: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
    },
  }));
  for (const par of ['never', 'always'] as const) {
    const { login } = openRealClient(real, { clientKey: pem, signedRequest: 'on', par });
    expect(await login()).toMatchObject({ sub: 'ada' });
  }
});

test('a signed request is for the provider, short-lived, and state and challenge are in it alone', async () => {
  const { pem, publicJwk } = createClientKey('ES256');
  await using party = await startRelyingParty({}, { clientKey: pem, signedRequest: 'on' });
  const { request = '', ...plain } = await parametersOf(party);
  const { issuer, clientId } = party.bent;
  expect(plain).toEqual({ client_id: clientId, response_type: 'code', scope: 'openid profile email' });
  const { payload } = await jwtVerify(request, createLocalJWKSet({ keys: [{ kty: 'EC', ...publicJwk }] }), {
    typ: 'oauth-authz-req+jwt',
  });
  expect(payload).toMatchObject({
    iss: clientId,
    aud: issuer,
    client_id: clientId,
    code_challenge_method: 'S256',
  });
  expect(payload.state).toBeTypeOf('string');
  expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(300);
});

test('a provider that requires both, and a nonce in every proof, signs people in', async () => {
  const { pem, publicJwk } = createClientKey('ES256');
  const client = {
    ...({ token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' } as const),
    ...{ require_pushed_authorization_requests: true, dpop_bound_access_tokens: true },
    jwks: { keys: [publicJwk] },
  };
  const real = await startRealProvider([client], (base) => ({
    ...base,
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    features: {
      ...base.features,
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    },
  }));
  const { login } = openRealClient(real, { clientKey: pem, dpop: 'on' });
  expect(await login()).toMatchObject({ sub: 'ada', tokens: { dpopKey: { crv: 'P-256' } } });
});
