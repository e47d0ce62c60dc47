import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createBrowser, freePort } from '@foyer/testkit';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DevProvider, signInThroughPages, startDevProvider } from '../src/index.ts';

const application = createServer((_request, response) => response.writeHead(204).end());
let publicUrl: string;
let redirectUri: string;
let op: DevProvider;

beforeAll(async () => {
  const port = await freePort();
  await new Promise<void>((resolve) => application.listen(port, '127.0.0.1', resolve));
  publicUrl = `http://localhost:${port}`;
  redirectUri = `${publicUrl}/login/callback`;
  op = await startDevProvider({ publicUrls: [publicUrl] });
});

afterAll(async () => {
  await op.close();
  application.close();
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function askToken(form: Readonly<Record<string, string>>): Promise<Answer> {
  const response = await fetch(`${op.issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${op.clientId}:${op.clientSecret}`).toString('base64')}`,
    },
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: { ...Object(await response.json()) } };
}

const refresh = (token: unknown): Promise<Answer> =>
  askToken({ grant_type: 'refresh_token', refresh_token: String(token) });

const userInfo = (token: unknown): Promise<Response> =>
  fetch(`${op.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });

/** Signs a person in with PKCE by hand, nonce `n` and state `s`; the application is a server that answers 204. */
async function signIn(person: string): Promise<{ callback: URL; tokens: Answer }> {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    ...{ client_id: op.clientId, redirect_uri: redirectUri, response_type: 'code' },
    ...{ scope: 'openid profile email offline_access', state: 's', nonce: 'n' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const browser = createBrowser();
  await browser.visit(`${op.issuer}/auth?${query}`);
  const callback = new URL((await signInThroughPages(browser, person)).url);
  const code = callback.searchParams.get('code') ?? '';
  const tokens = await askToken({
    ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri },
    code_verifier: verifier,
  });
  return { callback, tokens };
}

it('a person signs in with the code flow and PKCE', async () => {
  const { callback, tokens } = await signIn('Ada Lovelace');
  expect(callback.origin + callback.pathname).toBe(redirectUri);
  expect(callback.searchParams.get('state')).toBe('s');
  expect(callback.searchParams.get('iss')).toBe(op.issuer);
  expect(tokens.status).toBe(200);
  const keys = createRemoteJWKSet(new URL(`${op.issuer}/jwks`));
  const expected = { issuer: op.issuer, audience: op.clientId };
  const { payload } = await jwtVerify(String(tokens.body.id_token), keys, expected);
  expect(payload).toMatchObject({ sub: 'ada', nonce: 'n' });
  const answer = await userInfo(tokens.body.access_token);
  expect(await answer.json()).toMatchObject({ sub: 'ada', name: 'Ada Lovelace', email: 'ada@example.com' });
});

it('anyone can sign in by typing a name', async () => {
  const { tokens } = await signIn("Zoë O'Neil <b>");
  const answer = await userInfo(tokens.body.access_token);
  expect(await answer.json()).toEqual({
    sub: expect.stringMatching(/^typed\./),
    name: "Zoë O'Neil <b>",
  });
});

it('a refresh gives a new refresh token', async () => {
  const { tokens } = await signIn('Grace Hopper');
  const second = await refresh(tokens.body.refresh_token);
  expect(second.status).toBe(200);
  expect(second.body.refresh_token).toEqual(expect.any(String));
  expect(second.body.refresh_token).not.toBe(tokens.body.refresh_token);
  expect((await refresh(second.body.refresh_token)).status).toBe(200);
});

it('using a refresh token twice ends the whole grant, and no other', async () => {
  const other = await signIn('Grace Hopper');
  const { tokens } = await signIn('Grace Hopper');
  const second = await refresh(tokens.body.refresh_token);
  expect((await userInfo(second.body.access_token)).status).toBe(200);
  for (const token of [tokens.body.refresh_token, second.body.refresh_token])
    expect(await refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  for (const token of [tokens.body.access_token, second.body.access_token])
    expect((await userInfo(token)).status).toBe(401);
  expect((await refresh(other.tokens.body.refresh_token)).status).toBe(200);
});

it('closing frees the port', async () => {
  const first = await startDevProvider({ publicUrls: [publicUrl] });
  await fetch(`${first.issuer}/healthz`);
  await first.close();
  await expect(fetch(`${first.issuer}/healthz`)).rejects.toThrow('fetch failed');
  await using again = await startDevProvider({ publicUrls: [publicUrl], port: first.port });
  expect(again.port).toBe(first.port);
});

/** The claims of the ID token that a sign-in with these parameters brings. */
async function idTokenClaims(browser: ReturnType<typeof createBrowser>, asked: Record<string, string>) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    ...{
      client_id: op.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid',
      ...asked,
    },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const page = await browser.visit(`${op.issuer}/auth?${query}`);
  const isAsked = page.url.startsWith(op.issuer);
  const { url } = isAsked ? await signInThroughPages(browser, 'Ada Lovelace') : page;
  const code = new URL(url).searchParams.get('code') ?? '';
  const { body } = await askToken({
    ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
  });
  const payload = String(body.id_token).split('.')[1] ?? '';
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return { isAsked, acr: claims.acr, auth_time: claims.auth_time };
}

it('asks for a second step and a recent sign-in, each where the session lacks it', async () => {
  const browser = createBrowser();
  const secondStep = 'urn:foyer:dev:second-step';
  const first = await idTokenClaims(browser, {});
  expect(first).toMatchObject({ isAsked: true, auth_time: expect.any(Number) });
  expect(await idTokenClaims(browser, { max_age: '60' })).toEqual({ ...first, isAsked: false });
  const stronger = await idTokenClaims(browser, { acr_values: secondStep });
  expect(stronger).toMatchObject({ isAsked: true, acr: secondStep });
  const again = await idTokenClaims(browser, { acr_values: secondStep });
  expect(again).toMatchObject({ isAsked: false, acr: secondStep });
  const newer = async (): Promise<number> => (await idTokenClaims(browser, { max_age: '0' })).auth_time;
  await expect.poll(newer, { timeout: 10_000 }).toBeGreaterThan(first.auth_time);
});
