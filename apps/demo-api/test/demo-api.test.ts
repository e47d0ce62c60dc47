import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { FastifyInstance } from 'fastify';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createDemoApi } from '../src/demo-api.ts';

const audience = 'https://demo-api.example';
const { publicKey, privateKey } = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };

const provider = createServer((request, response) => {
  const body = request.url === '/jwks' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks` };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
});
let issuer = '';
let api: FastifyInstance;

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const address = provider.address();
  issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterAll(async () => {
  await new Promise((resolve) => provider.close(resolve));
});

beforeEach(() => {
  api = createDemoApi({ issuer, audience, logLevel: 'silent' });
});

const createToken = (
  claims: Readonly<Record<string, unknown>> = {},
  header: Partial<JWTHeaderParameters> = {},
  key = privateKey,
): Promise<string> => {
  const now = Math.floor(Date.now() / 1000);
  const scope = 'users:read users:write';
  const payload: Record<string, unknown> = {
    iss: issuer,
    aud: audience,
    sub: 'ada',
    client_id: 'foyer-dev',
    iat: now,
    exp: now + 60,
    scope,
    ...claims,
  };
  return new SignJWT(payload as JWTPayload)
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'at+jwt', ...header })
    .sign(key);
};

const call = async (
  token: string | undefined,
  { method = 'GET', url = '/users', body = undefined as unknown } = {},
) => {
  const answer = await api.inject({
    method: method as 'GET',
    url,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: answer.statusCode, challenge: answer.headers['www-authenticate'], text: answer.body };
};

test('without a token it says how to bring one', async () => {
  expect(await call(undefined)).toMatchObject({ status: 401, challenge: 'Bearer realm="demo-api"' });
});

test('a reader reads and may not write', async () => {
  const token = await createToken({ scope: 'users:read' });
  expect((await call(token)).status).toBe(200);
  expect(await call(token, { method: 'POST', body: { name: 'Eve' } })).toMatchObject({
    status: 403,
    challenge: 'Bearer realm="demo-api", error="insufficient_scope", scope="users:write"',
  });
});

test('a writer adds an entry under its own subject and takes it away again', async () => {
  const token = await createToken();
  const added = await call(token, { method: 'POST', body: { name: ' Eve ' } });
  expect([added.status, JSON.parse(added.text)]).toMatchObject([201, { name: 'Eve', addedBy: 'ada' }]);
  const { id } = JSON.parse(added.text);
  expect((await call(token)).text).toContain('Eve');
  expect((await call(token, { method: 'DELETE', url: `/users/${id}` })).status).toBe(204);
  expect((await call(token, { method: 'DELETE', url: `/users/${id}` })).status).toBe(404);
});

test.for([[{}], [{ name: '' }], [{ name: 'x'.repeat(61) }], [{ name: 7 }], [{ name: 'a\nb' }]])(
  'an entry like %j is refused with what to send',
  async ([body]) => {
    const answer = await call(await createToken(), { method: 'POST', body });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('1 to 60 characters')]);
  },
);

test('a recovery code is made for a name', async () => {
  const ask = async (body: unknown, scope?: string) =>
    call(await createToken(scope === undefined ? {} : { scope }), {
      ...{ method: 'POST', url: '/recovery-codes', body },
    });
  const made = await ask({ name: ' the phone ' });
  expect(made.status).toBe(201);
  expect(JSON.parse(made.text)).toEqual({ name: 'the phone', code: expect.stringMatching(/^[0-9a-f]{12}$/) });
  expect((await ask({})).status).toBe(400);
  expect((await ask({ name: 'x' }, 'users:read')).status).toBe(403);
});

test('the list is bounded', async () => {
  const token = await createToken();
  const add = async () => (await call(token, { method: 'POST', body: { name: 'Eve' } })).status;
  for (let count = 2; count < 100; count += 1) expect(await add()).toBe(201);
  expect(await add()).toBe(409);
});

const past = Math.floor(Date.now() / 1000) - 60;

test.for([
  ['another issuer', { iss: 'https://evil.example' }, {}],
  ['another audience', { aud: 'https://other.example' }, {}],
  ['an expired one', { exp: past }, {}],
  ['no expiry', { exp: undefined }, {}],
  ['no client', { client_id: undefined }, {}],
  ['an ID token', {}, { typ: 'JWT' }],
  ['an unknown key', {}, { kid: 'k2' }],
] as const)('%s is no access token', async ([, claims, header]) => {
  const answer = await call(await createToken(claims, header));
  expect(answer).toMatchObject({ status: 401, challenge: 'Bearer realm="demo-api", error="invalid_token"' });
});

test('a token that another provider signed is refused', async () => {
  const { privateKey: other } = await generateKeyPair('RS256');
  expect((await call(await createToken({}, {}, other))).status).toBe(401);
});

test('while the provider cannot be reached the answer does not blame the token', async () => {
  const token = await createToken();
  api = createDemoApi({ issuer: 'http://127.0.0.1:9', audience, logLevel: 'silent' });
  expect((await call(token)).status).toBe(500);
});

const otherKey = await generateKeyPair('ES256', { extractable: true });
const { publicKey: boundPublic, privateKey: boundPrivate } = await generateKeyPair('ES256', {
  extractable: true,
});
const boundJwk = await exportJWK(boundPublic);
const cnf = { jkt: await calculateJwkThumbprint(boundJwk) };

const createProof = (token: string, change: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}) =>
  new SignJWT({
    ...{ htm: 'GET', htu: 'http://localhost:80/users', jti: String(Math.random()) },
    ath: createHash('sha256').update(token).digest('base64url'),
    iat: Math.floor(Date.now() / 1000),
    ...change,
  })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: boundJwk, ...header })
    .sign(boundPrivate);

const callBound = async (token: string, proof: string | undefined, scheme = 'DPoP'): Promise<number> => {
  const headers = { authorization: `${scheme} ${token}`, ...(proof !== undefined && { dpop: proof }) };
  return (await api.inject({ url: '/users', headers })).statusCode;
};

test('a token that is bound to a key needs its proof, which is good for one call', async () => {
  const token = await createToken({ cnf });
  const proof = await createProof(token);
  expect([await callBound(token, proof), await callBound(token, proof)]).toEqual([200, 401]);
  expect([await callBound(token, undefined), await callBound(token, undefined, 'Bearer')]).toEqual([
    401, 401,
  ]);
});

test.for<[string, JWTPayload, Partial<JWTHeaderParameters>]>([
  ['another method', { htm: 'POST' }, {}],
  ['another address', { htu: 'http://localhost:80/other' }, {}],
  ['another token', { ath: 'x' }, {}],
  ['an hour ago', { iat: past - 3600 }, {}],
  ['another kind of token', {}, { typ: 'JWT' }],
  ['a key that did not sign it', {}, { jwk: await exportJWK(otherKey.publicKey) }],
])('a proof for %s is refused', async ([, change, header]) => {
  const token = await createToken({ cnf });
  expect(await callBound(token, await createProof(token, change, header))).toBe(401);
});

test('where proofs are required, a token that anyone could use is refused', async () => {
  api = createDemoApi({ issuer, audience, requiresDpop: true, logLevel: 'silent' });
  expect(await call(await createToken())).toMatchObject({
    status: 401,
    challenge: 'DPoP realm="demo-api", error="invalid_token"',
  });
  const token = await createToken({ cnf });
  expect(await callBound(token, await createProof(token))).toBe(200);
});

test('a token that is bound to a certificate is not taken for an unbound one', async () => {
  expect((await call(await createToken({ cnf: { 'x5t#S256': 'x' } }))).status).toBe(401);
});
