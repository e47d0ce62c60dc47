import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKeySet } from '../../src/provider/key-set.ts';
import { createClientKey } from '../kit/client-keys.ts';
import { type BentProvider, foreignKey, type Json } from './bent-provider.ts';
import { problemCode, type RelyingParty, startRelyingParty } from './relying-party.ts';

const foreign = foreignKey();

const tokenOfUnknownKey = (bent: BentProvider, kid: string): string => {
  const { header, claims } = bent.logoutToken();
  return foreign.sign({ claims, header: { ...header, kid } });
};

const flood = async ({ bent, provider }: RelyingParty): Promise<void> => {
  const attempts = Array.from({ length: 50 }, (_, n) =>
    provider.verifyLogoutToken(tokenOfUnknownKey(bent, `unknown-${n}`)),
  );
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
};

const withoutKid = (key: Json): Json => ({ ...key, kid: undefined });

const onlyKey = ({ keys }: Json): Json => {
  const [key]: unknown[] = Array.isArray(keys) ? keys : [];
  return { ...(typeof key === 'object' ? key : {}) };
};

test('a key set with one key and no kid works', async () => {
  await using party = await startRelyingParty({
    jwks: (base) => ({ body: { keys: [withoutKid(onlyKey(base))] } }),
    idToken: ({ header, claims }) => ({ claims, header: withoutKid(header) }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('a token that names a kid works with keys that have none', async () => {
  await using party = await startRelyingParty({
    jwks: (base) => ({ body: { keys: [withoutKid(foreign.jwk), withoutKid(onlyKey(base))] } }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test.for([[null], ['']])('a key whose optional members are %j has none of them', async ([absent]) => {
  const empty = { use: absent, alg: absent, key_ops: absent, kid: absent, x5c: absent, issuer: absent };
  await using party = await startRelyingParty({
    jwks: (base) => ({ body: { keys: [{ ...onlyKey(base), ...empty }] } }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('a key that is too short to be used is passed over', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  await using party = await startRelyingParty({
    jwks: (base) => ({
      body: { keys: [publicKey.export({ format: 'jwk' }), withoutKid(onlyKey(base))] },
    }),
    idToken: ({ header, claims }) => ({ claims, header: withoutKid(header) }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('keys that were fetched for a token are not fetched again for it', async () => {
  await using party = await startRelyingParty();
  const { bent, provider } = party;
  const attempt = provider.verifyLogoutToken(tokenOfUnknownKey(bent, 'unknown'));
  await expect(attempt).rejects.toThrow('the token is not acceptable');
  expect(bent.count('jwks')).toBe(1);
});

test('a token without kid works with one named key', async () => {
  await using party = await startRelyingParty({
    idToken: ({ header, claims }) => ({ claims, header: withoutKid(header) }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('keys of unknown kinds are passed over', async () => {
  await using party = await startRelyingParty({
    jwks: (base) => ({ body: { keys: [{ kty: 'lattice', kid: 'x' }, 7, null, onlyKey(base)] } }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test.for<[string, Json]>([
  ['cannot be read', { n: '!' }],
  ['lacks a part', { n: undefined }],
  ['is private', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })],
  ['is a secret', { kty: 'oct', k: 'AAAA', alg: undefined, use: undefined }],
])('a key that %s is passed over, and another one under its kid is not', async ([, members]) => {
  await using party = await startRelyingParty({
    jwks: (base) => ({ body: { keys: [{ ...onlyKey(base), ...members }, onlyKey(base)] } }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('the key set is fetched once for many logins', async () => {
  await using party = await startRelyingParty();
  for (let n = 0; n < 3; n += 1) await party.login();
  expect(party.bent.count('jwks')).toBe(1);
});

test('a rotated key works at once, and twice within a minute too', async () => {
  await using party = await startRelyingParty();
  await party.login();
  for (const rotations of [1, 2]) {
    party.bent.rotateKey();
    expect(await party.login()).toMatchObject({ sub: 'ada' });
    expect(party.bent.count('jwks')).toBe(1 + rotations);
  }
});

test('a key that was rotated away is refused', async () => {
  await using party = await startRelyingParty();
  const { bent, provider } = party;
  const old = bent.sign(bent.logoutToken());
  bent.rotateKey();
  await party.login();
  await expect(provider.verifyLogoutToken(old)).rejects.toThrow('the token is not acceptable');
});

test('a flood of unknown kids costs at most one fetch in 5 s', async () => {
  await using party = await startRelyingParty();
  await party.login();
  await flood(party);
  await flood(party);
  expect(party.bent.count('jwks')).toBe(2);
  party.bent.clock.now += 4_999;
  await flood(party);
  expect(party.bent.count('jwks')).toBe(2);
  party.bent.clock.now += 1;
  await flood(party);
  await flood(party);
  expect(party.bent.count('jwks')).toBe(3);
});

test('a flood delays a rotation by 5 s at most, and known keys not at all', async () => {
  await using party = await startRelyingParty();
  await party.login();
  await flood(party);
  expect(await party.login()).toMatchObject({ sub: 'ada' });
  party.bent.rotateKey();
  expect(await problemCode(party.login())).toBe('provider_invalid_response');
  party.bent.clock.now += 5_000;
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('a refetch that failed counts for the 5 s, and says that the provider is down', async () => {
  await using party = await startRelyingParty();
  await party.login();
  party.bent.rotateKey();
  party.bent.bends = { jwks: () => ({ status: 500 }) };
  expect(await problemCode(party.login())).toBe('provider_unavailable');
  expect(await problemCode(party.login())).toBe('provider_unavailable');
  expect(party.bent.count('jwks')).toBe(2);
  party.bent.bends = {};
  party.bent.clock.now += 5_000;
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test.for<[string, { status?: number; body?: string | Json }, string]>([
  ['an outage', { status: 503 }, 'provider_unavailable'],
  ['not JSON', { body: '<h1>Hello</h1>' }, 'provider_invalid_response'],
  ['without keys', { body: {} }, 'provider_invalid_response'],
  ['empty', { body: { keys: [] } }, 'provider_invalid_response'],
])('a key set that is %s refuses the login, and the next one tries again', async ([, answer, code]) => {
  await using party = await startRelyingParty({ jwks: () => answer });
  expect(await problemCode(party.login())).toBe(code);
  party.bent.bends = {};
  party.bent.clock.now += 5_000;
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('a flood asks for keys that cannot be had less and less often, within 5 s', async () => {
  await using party = await startRelyingParty({ jwks: () => ({ status: 503 }) });
  const counts: number[] = [];
  for (const waitMs of [0, 0, 249, 1, 499, 1, 60_000, 999, 60_000, 60_000, 4_999, 1]) {
    party.bent.clock.now += waitMs;
    await flood(party);
    counts.push(party.bent.count('jwks'));
  }
  expect(counts).toEqual([1, 1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7]);
  party.bent.bends = {};
  party.bent.clock.now += 5_000;
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('addresses of keys in a token are never asked', async () => {
  await using other = await startRelyingParty();
  const address = `${other.bent.issuer}/jwks`;
  await using party = await startRelyingParty({
    idToken: ({ header, claims }) => ({
      claims,
      header: { ...header, kid: 'x', jku: address, x5u: address },
    }),
  });
  expect(await problemCode(party.login())).toBe('provider_invalid_response');
  expect(other.bent.seen).toEqual([]);
});

test('a new key under the same kid works at once', async () => {
  await using party = await startRelyingParty();
  await party.login();
  party.bent.rotateKey();
  const { header } = party.bent.idToken();
  party.bent.bends = {
    jwks: (base) => ({
      body: {
        keys: [
          { ...onlyKey(base), kid: 'same' },
          { ...foreign.jwk, kid: 'same' },
        ],
      },
    }),
    idToken: (base) => ({ claims: base.claims, header: { ...header, kid: 'same' } }),
  };
  expect(await party.login()).toMatchObject({ sub: 'ada' });
  party.bent.rotateKey();
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('a key that is listed twice is one key', async () => {
  await using party = await startRelyingParty({
    jwks: (base) => ({ body: { keys: [onlyKey(base), onlyKey(base)] } }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('keys that are an hour old are read again, and stay when that fails', async () => {
  await using party = await startRelyingParty();
  const { bent } = party;
  await party.login();
  bent.clock.now += 3_599_000;
  await party.login();
  expect(bent.count('jwks')).toBe(1);
  bent.clock.now += 1000;
  bent.bends = { jwks: () => ({ status: 500 }) };
  expect(await party.login()).toMatchObject({ sub: 'ada' });
  expect(bent.count('jwks')).toBe(2);
});

test('several keys without kid are tried in turn', async () => {
  await using party = await startRelyingParty({
    jwks: (base) => ({ body: { keys: [withoutKid(foreign.jwk), withoutKid(onlyKey(base))] } }),
    idToken: ({ header, claims }) => ({ claims, header: withoutKid(header) }),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test('the only key, replaced under its kid, works at the next login for one fetch', async () => {
  await using party = await startRelyingParty({
    jwks: (base) => ({ body: { keys: [{ ...onlyKey(base), kid: 'same' }] } }),
    idToken: ({ header, claims }) => ({ claims, header: { ...header, kid: 'same' } }),
  });
  await party.login();
  party.bent.rotateKey();
  expect(await party.login()).toMatchObject({ sub: 'ada' });
  expect(party.bent.count('jwks')).toBe(2);
});

test('a key set that has moved is asked for while the old one is still on its way', async () => {
  const { x, y, crv, kty } = createPrivateKey(createClientKey('ES256').pem).export({ format: 'jwk' });
  const kids = new Map([
    ['https://op.example/old', 'old'],
    ['https://op.example/new', 'new'],
  ]);
  const keySet = createKeySet(
    {
      send: async (url) => ({
        status: 200,
        text: JSON.stringify({ keys: [{ kty, crv, x, y, kid: kids.get(url) }] }),
        header: () => undefined,
      }),
      close: async () => undefined,
    },
    Date.now,
  );
  const verified = [...kids].map(([url, kid]) =>
    keySet(url, { header: { alg: 'ES256', kid }, maySign: () => true }, async () => kid),
  );
  expect(await Promise.all(verified)).toEqual(['old', 'new']);
});
