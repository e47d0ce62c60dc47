import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseClientKeys } from '../../src/options/client-keys.ts';
import { checkOptions } from '../../src/options.ts';
import { createCertificate, createClientKey, keyAlgorithms, openssl } from '../kit/client-keys.ts';
import { openRealClient, startRealProvider } from '../kit/real-login.ts';
import { startBff } from '../kit/start-bff.ts';
import { startRelyingParty } from './relying-party.ts';

const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

test.for(keyAlgorithms)(
  'private_key_jwt by %s: a client signs in with its key and no secret',
  async (alg) => {
    const { pem, publicJwk } = createClientKey(alg);
    const real = await startRealProvider(
      [
        {
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: alg === 'EdDSA' ? 'EdDSA' : alg,
          jwks: { keys: [publicJwk] },
        },
      ],
      (base) => ({ ...base, enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'PS256', 'EdDSA'] } }),
    );
    const { login } = openRealClient(real, { clientKey: pem });
    expect(await login()).toMatchObject({ sub: 'ada', claims: { name: 'Ada Lovelace' } });
  },
);

test('the assertion is for the issuer, short-lived, used once, and names its key', async () => {
  const { pem, kid, publicJwk } = createClientKey('ES256');
  await using party = await startRelyingParty({}, { clientSecret: '', clientKey: pem });
  await party.login();
  await party.login();
  const [first, second] = party.bent.seen
    .filter(({ endpoint }) => endpoint === 'token')
    .map(({ body }) => body.get('client_assertion')?.split('.') ?? []);
  expect(decode(first?.[0])).toEqual({ alg: 'ES256', kid });
  const claims = decode(first?.[1]);
  const { issuer, clientId } = party.bent;
  expect(claims).toMatchObject({ iss: clientId, sub: clientId, aud: issuer });
  expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(300);
  expect(claims.jti).not.toBe(decode(second?.[1]).jti);
  const key = createPublicKey({ key: publicJwk, format: 'jwk' });
  const [header, payload, signature = ''] = first ?? [];
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  expect(isSigned).toBe(true);
});

test('a secret beside a key is what the metadata does not ask for: the key is tried where it alone is listed', async () => {
  const { pem } = createClientKey('ES256');
  await using party = await startRelyingParty(
    {
      discovery: (base) => ({
        body: { ...base, token_endpoint_auth_methods_supported: ['private_key_jwt'] },
      }),
    },
    { clientKey: pem },
  );
  await party.login();
  const request = party.bent.seen.find(({ endpoint }) => endpoint === 'token');
  expect([request?.body.has('client_assertion'), request?.body.has('client_secret')]).toEqual([true, false]);
  expect(request?.headers.authorization).toBeUndefined();
});

test('the first key signs, the public parts of all are published, and nothing private is', async () => {
  const [next, old] = [createClientKey('EdDSA'), createClientKey('ES256')];
  await using bff = await startBff({ clientKey: `${next.pem}\n${old.pem}` });
  const answer = await bff.app.inject({ url: '/.well-known/foyer-jwks.json' });
  expect(answer.headers['content-type']).toContain('application/json');
  expect(answer.json()).toEqual({ keys: [next.publicJwk, old.publicJwk] });
  expect(answer.body).not.toMatch(/"(d|p|q|dp|dq|qi)":/);
});

test('without keys the path is the SPA’s', async () => {
  await using bff = await startBff();
  expect((await bff.app.inject({ url: '/.well-known/foyer-jwks.json' })).statusCode).toBe(404);
});

test('a key whose file changes signs from then on, and a file that cannot be used changes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'client.pem');
  const [old, next] = [createClientKey('ES256'), createClientKey('ES256')];
  writeFileSync(file, old.pem);
  await using party = await startRelyingParty({}, { clientSecret: '', clientKey: { file } });
  const kidOfLogin = async (): Promise<unknown> => {
    party.bent.clock.now += 6000;
    await party.login();
    const token = party.bent.seen.findLast(({ endpoint }) => endpoint === 'token');
    return decode(token?.body.get('client_assertion')?.split('.')[0]).kid;
  };
  expect(await kidOfLogin()).toBe(old.kid);
  writeFileSync(file, 'half a file');
  expect(await kidOfLogin()).toBe(old.kid);
  expect(party.log).toContainEqual(expect.objectContaining({ event: 'client_key_unusable' }));
  writeFileSync(file, next.pem);
  expect(await kidOfLogin()).toBe(next.kid);
  expect(party.provider.publicKeys()).toEqual({ keys: [next.publicJwk] });
});

test('PEM, one line of PEM, JWK, JWK set and list are read, and name their key alike', () => {
  const { pem, kid } = createClientKey('ES256');
  const [key] = parseClientKeys(pem);
  const jwk = key?.privateKey.export({ format: 'jwk' });
  const forms = [
    pem,
    pem.replaceAll('\n', '\\n'),
    JSON.stringify(jwk),
    JSON.stringify({ keys: [jwk] }),
    JSON.stringify([jwk]),
  ];
  for (const form of forms) expect(parseClientKeys(form)).toMatchObject([{ kid, alg: 'ES256' }]);
  expect(parseClientKeys(JSON.stringify({ ...jwk, kid: 'mine' }))).toMatchObject([{ kid: 'mine' }]);
});

const problemsOf = (given: Record<string, unknown>): readonly string[] =>
  checkOptions({
    ...{ issuer: 'https://op.example', clientId: 'app', publicUrl: 'https://app.example' },
    ...{ sessionKeys: [Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7)).toString('base64')] },
    sessionStore: {},
    ...given,
  }).map(({ option, problem }) => `${option} ${problem}`);

const rsa = (modulusLength: number): string =>
  String(generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ type: 'pkcs8', format: 'pem' }));

test.for<[string, Record<string, unknown>, string]>([
  ['no secret and no key', {}, 'clientSecret is missing'],
  ['a secret method without a secret', { clientAuth: 'client_secret_post' }, 'clientSecret is missing'],
  ['private_key_jwt without a key', { clientAuth: 'private_key_jwt' }, 'clientKey is missing'],
  ['mutual TLS without a key', { clientAuth: 'tls_client_auth' }, 'clientKey is missing'],
  [
    'mutual TLS without a certificate',
    { clientAuth: 'self_signed_tls_client_auth' },
    'clientCert is missing',
  ],
  ['rubbish', { clientKey: 'rubbish-canary' }, 'clientKey holds no private key'],
  ['half a JWK', { clientKey: '{"kty":"EC"' }, 'clientKey holds no private key'],
  [
    'a public key',
    { clientKey: '{"kty":"OKP","crv":"Ed25519","x":"AA"}' },
    'clientKey holds a key without its private',
  ],
  ['a short key', { clientKey: rsa(1024) }, 'clientKey holds an RSA key of 1024 bits'],
  [
    'a file that is not there',
    { clientKey: { file: '/nowhere/key.pem' } },
    'clientKey names a file that cannot',
  ],
  [
    'no certificate',
    { clientKey: rsa(2048), clientCert: 'rubbish-canary' },
    'clientCert holds no certificate',
  ],
])('a start with %s is refused with the reason, without the value', ([, given, problem]) => {
  const problems = problemsOf(given);
  expect(problems.join('\n')).toContain(problem);
  expect(problems.join('\n')).not.toContain('canary');
});

test.runIf(openssl)('a start with the certificate of another key says so', () => {
  const given = { clientKey: rsa(2048), clientCert: createCertificate('other').cert };
  expect(problemsOf(given)).toEqual(['clientCert belongs to none of the keys of the client']);
});
