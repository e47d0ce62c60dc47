import { createHash, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import type { DpopKey, TokenSet } from '../../src/provider/provider.ts';
import { openRecord, sealRecord } from '../../src/session/session-record.ts';
import { createReference } from '../../src/session/session-reference.ts';
import { openRealClient, startRealProvider } from '../kit/real-login.ts';
import type { Bends } from './bent-provider.ts';
import { problemCode, startRelyingParty } from './relying-party.ts';

/** A provider that binds tokens, and wants its nonce in every proof. */
const startBinding = () =>
  startRealProvider([{ dpop_bound_access_tokens: true }], (base) => ({
    ...base,
    features: {
      ...base.features,
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    },
  }));

const requireKey = ({ dpopKey }: Pick<TokenSet, 'dpopKey'>): DpopKey => {
  if (dpopKey === undefined) throw new Error('the session has no key');
  return dpopKey;
};

test('tokens are bound at login, at userinfo and at refresh, with the provider’s nonces', async () => {
  const real = await startBinding();
  const { provider, login } = openRealClient(real, { dpop: 'on' });
  const bound: unknown[] = [];
  real.provider.provider.on('access_token.saved', (token) => bound.push(token.jkt));
  const { issuer, sub, claims, tokens } = await login();
  expect(claims).toMatchObject({ name: 'Ada Lovelace' });
  const key = requireKey(tokens);
  const { refreshToken = '' } = tokens;
  const refreshed = await provider.refresh(refreshToken, { issuer, sub, dpopKey: key });
  expect(refreshed.dpopKey).toEqual(key);
  const { d: _private, ...publicPart } = key;
  const thumbprint = await calculateJwkThumbprint(publicPart);
  expect(bound).toEqual([thumbprint, thumbprint]);
});

test('each session has a key of its own', async () => {
  const { login } = openRealClient(await startBinding(), { dpop: 'on' });
  const [first, second] = [await login(), await login()];
  expect(requireKey(first.tokens).x).not.toBe(requireKey(second.tokens).x);
});

test('a stolen token without its key is refused by userinfo, and with it a fresh proof is accepted', async () => {
  const real = await startBinding();
  const { provider, login } = openRealClient(real, { dpop: 'on' });
  const { tokens } = await login();
  const { accessToken } = tokens;
  const url = `${real.provider.issuer}/me`;
  const ask = (headers: Record<string, string>): Promise<Response> => fetch(url, { headers });
  expect((await ask({ authorization: `Bearer ${accessToken}` })).status).toBe(401);
  expect((await ask({ authorization: `DPoP ${accessToken}` })).status).toBe(400);
  const proveWith = async (key: DpopKey, nonce?: string): Promise<Record<string, string>> => ({
    authorization: `DPoP ${accessToken}`,
    dpop: await provider.createDpopProof(key, { method: 'GET', url, accessToken, nonce }),
  });
  const challenge = await ask(await proveWith(requireKey(tokens)));
  const nonce = challenge.headers.get('dpop-nonce') ?? '';
  expect(challenge.status).toBe(401);
  const other = requireKey((await login()).tokens);
  expect((await ask(await proveWith(other, nonce))).status).toBe(401);
  expect((await ask(await proveWith(requireKey(tokens), nonce))).status).toBe(200);
});

test('a proof is for one method, one address without query, one token and one nonce, and no two are alike', async () => {
  await using party = await startRelyingParty({}, { dpop: 'on' });
  const key = requireKey((await bindingLogin(party)).tokens);
  const request = {
    method: 'POST',
    url: 'https://api.example/users?page=2#top',
    accessToken: 'token',
    nonce: 'n',
  };
  const [first, second] = [
    await party.provider.createDpopProof(key, request),
    await party.provider.createDpopProof(key, request),
  ];
  const { payload, protectedHeader } = await jwtVerify(first, EmbeddedJWK, { typ: 'dpop+jwt' });
  expect(payload).toMatchObject({
    htm: 'POST',
    htu: 'https://api.example/users',
    nonce: 'n',
    ath: createHash('sha256').update('token').digest('base64url'),
  });
  expect(protectedHeader.jwk).not.toHaveProperty('d');
  const { payload: other } = await jwtVerify(second, EmbeddedJWK);
  expect(other.jti).not.toBe(payload.jti);
});

const binding: Bends = { token: (base) => ({ body: { ...base, token_type: 'DPoP' } }) };

const bindingLogin = async (party: Awaited<ReturnType<typeof startRelyingParty>>) => {
  party.bent.bends = binding;
  return party.login();
};

test('a Bearer token where a bound one was asked for is refused, and a bound one that was not asked for too', async () => {
  await using asking = await startRelyingParty({}, { dpop: 'on' });
  expect(await problemCode(asking.login())).toBe('provider_invalid_response');
  await using other = await startRelyingParty(binding);
  expect(await problemCode(other.login())).toBe('provider_invalid_response');
});

test('a nonce is learnt once for all sessions, and a provider that always wants another is asked twice', async () => {
  const nonces: unknown[] = [];
  const bends = (isGood: (nonce: unknown) => boolean): Bends => ({
    token: (base, { headers }) => {
      const [, claims = ''] = String(headers.dpop).split('.');
      const { nonce } = JSON.parse(Buffer.from(claims, 'base64url').toString());
      nonces.push(nonce);
      return isGood(nonce)
        ? { body: { ...base, token_type: 'DPoP' } }
        : { status: 400, headers: { 'dpop-nonce': 'nonce-1' }, body: { error: 'use_dpop_nonce' } };
    },
  });
  await using party = await startRelyingParty(
    bends((nonce) => nonce === 'nonce-1'),
    { dpop: 'on' },
  );
  await party.login();
  await party.login();
  expect(nonces).toEqual([undefined, 'nonce-1', 'nonce-1']);
  party.bent.bends = bends(() => false);
  expect(await problemCode(party.login())).toBe('provider_error');
  expect(nonces).toHaveLength(5);
});

test.for([
  ['nothing', ''],
  ['two words', 'two words'],
  ['two nonces', 'one, another'],
  ['a quotation mark', 'a"b'],
  ['more than 512 characters', 'x'.repeat(513)],
] as const)('what cannot be a nonce is not learnt: %s', async ([, nonce]) => {
  const proofs: string[] = [];
  await using party = await startRelyingParty(
    {
      token: (base, { headers }) => {
        proofs.push(Buffer.from(String(headers.dpop).split('.')[1] ?? '', 'base64url').toString());
        return { headers: { 'dpop-nonce': nonce }, body: { ...base, token_type: 'DPoP' } };
      },
    },
    { dpop: 'on' },
  );
  await party.login();
  await party.login();
  for (const proof of proofs) expect(JSON.parse(proof)).not.toHaveProperty('nonce');
});

test.for<[string, Record<string, string>]>([
  ['names no other', {}],
  ['names one that fits into no proof', { 'dpop-nonce': 'n'.repeat(513) }],
])('a nonce that the provider refuses, and %s, is sent no more', async ([, headers]) => {
  const nonces: unknown[] = [];
  let accepted: string | undefined = 'nonce-1';
  await using party = await startRelyingParty(
    {
      token: (base, { headers: sent }) => {
        const [, claims = ''] = String(sent.dpop).split('.');
        const { nonce } = JSON.parse(Buffer.from(claims, 'base64url').toString());
        nonces.push(nonce);
        if (nonce === accepted) return { body: { ...base, token_type: 'DPoP' } };
        if (accepted === undefined) return { status: 400, headers, body: { error: 'invalid_dpop_proof' } };
        return { status: 400, headers: { 'dpop-nonce': accepted }, body: { error: 'use_dpop_nonce' } };
      },
    },
    { dpop: 'on' },
  );
  await party.login();
  accepted = undefined;
  expect(await problemCode(party.login())).toBe('provider_error');
  await party.login();
  expect(nonces).toEqual([undefined, 'nonce-1', 'nonce-1', undefined]);
});

test('a refresh that fails for its proof or its nonce ends no session', async () => {
  for (const error of ['use_dpop_nonce', 'invalid_dpop_proof']) {
    await using party = await startRelyingParty(binding, { dpop: 'on' });
    const { tokens } = await party.login();
    party.bent.bends = { token: () => ({ status: 400, body: { error } }) };
    const expected = { issuer: party.bent.issuer, sub: 'ada', dpopKey: requireKey(tokens) };
    expect(await problemCode(party.provider.refresh('refresh-token-1', expected))).toBe('provider_error');
  }
});

test('a hundred refreshes at once in a process that knows no nonce yet lose no session, twice over', async () => {
  const real = await startBinding();
  const before = openRealClient(real, { dpop: 'on' });
  const logins = await Promise.all(Array.from({ length: 12 }, () => before.login()));
  const { provider } = openRealClient(real, { dpop: 'on' });
  const refreshAll = (tokens: readonly (string | undefined)[]) =>
    Promise.all(
      logins.map(({ issuer, sub, tokens: { dpopKey } }, at) =>
        provider.refresh(tokens[at] ?? '', { issuer, sub, dpopKey }),
      ),
    );
  const first = await refreshAll(logins.map(({ tokens }) => tokens.refreshToken));
  const second = await refreshAll(first.map(({ refreshToken }) => refreshToken));
  expect(new Set(second.map(({ accessToken }) => accessToken)).size).toBe(logins.length);
});

test('a session that is older than the setting gets its key at the next refresh', async () => {
  const real = await startRealProvider([{}]);
  const before = openRealClient(real, {});
  const { issuer, sub, tokens } = await before.login();
  expect(tokens.dpopKey).toBeUndefined();
  const now = openRealClient(real, { dpop: 'on' });
  const refreshed = await now.provider.refresh(tokens.refreshToken ?? '', { issuer, sub });
  expect(refreshed.dpopKey).toMatchObject({ kty: 'EC', crv: 'P-256' });
});

test('the key is kept in the encrypted record, whose format an older program does not take for its own', () => {
  const reference = createReference(1);
  const dpopKey: DpopKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'private-canary' };
  const tokens = { accessToken: 'a', accessTokenExpiresAt: 1, refreshToken: 'r', idToken: 'i' };
  const person = { issuer: 'https://op.example', user: { sub: 'ada' }, authentication: {} };
  const record = { ...person, tokens, targetTokens: [], createdAt: 1, expiresAt: 2 };
  const bound = { ...record, tokens: { ...tokens, dpopKey } };
  const sealed = sealRecord(bound, reference, 'audience');
  expect(sealed.toString('latin1')).not.toContain('canary');
  expect(openRecord(sealed, reference, 'audience')).toMatchObject(bound);
  const plain = openRecord(sealRecord(record, reference, 'audience'), reference, 'audience');
  expect(plain?.tokens.dpopKey).toBeUndefined();
});
