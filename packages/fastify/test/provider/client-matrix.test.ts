import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseClientKeys } from '../../src/options/client-keys.ts';
import type { BffOptions } from '../../src/options.ts';
import { createCertificate, createClientKey, keyAlgorithms, openssl } from '../kit/client-keys.ts';
import { startMutualTls } from '../kit/mutual-tls.ts';
import {
  type ClientMetadata,
  type OnFinished,
  openRealClient,
  type RealProvider,
  startRealProvider,
} from '../kit/real-login.ts';

const methods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
] as const;

const matrix = methods.flatMap((clientAuth) =>
  (['auto', 'always', 'never'] as const).flatMap((par) =>
    (['on', 'off'] as const).flatMap((dpop) => keyAlgorithms.map((alg) => ({ clientAuth, par, dpop, alg }))),
  ),
);

type Combination = (typeof matrix)[number];

const isByCert = ({ clientAuth }: Pick<Combination, 'clientAuth'>): boolean => clientAuth.includes('tls');

const idOf = (combination: Combination): string => Object.values(combination).join('-');

const jwkWithCert = ({ key, cert }: { readonly key: string; readonly cert: string }) => ({
  ...parseClientKeys(key)[0]?.publicJwk,
  x5c: [new X509Certificate(cert).raw.toString('base64')],
});

/** Keys of the provider, one for each algorithm that it signs ID tokens with. */
const providerKeys = keyAlgorithms.map((alg) => {
  const [key] = parseClientKeys(createClientKey(alg).pem);
  return { ...key?.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `provider-${alg}` };
});

describe.runIf(openssl)('client authentication × PAR × DPoP × algorithm', () => {
  const cleanUp: (() => Promise<void> | void)[] = [];
  let real: RealProvider | undefined;
  let givenOf: ((combination: Combination) => Partial<BffOptions>) | undefined;
  let shown: readonly string[] = [];

  beforeAll(async () => {
    const onFinished: OnFinished = (run) => void cleanUp.push(run);
    const tls = await startMutualTls(onFinished);
    shown = tls.shown;
    const keys = Object.fromEntries(keyAlgorithms.map((alg) => [alg, createClientKey(alg)]));
    const certs = {
      tls_client_auth: createCertificate('client', tls.authority),
      self_signed_tls_client_auth: createCertificate('client of its own'),
    };
    const certOf = ({ clientAuth }: Combination) =>
      clientAuth === 'tls_client_auth' || clientAuth === 'self_signed_tls_client_auth'
        ? certs[clientAuth]
        : undefined;
    const registered = (combination: Combination): Partial<ClientMetadata> => {
      const { clientAuth, par, dpop, alg } = combination;
      const cert = certOf(combination);
      const jwk = cert === undefined ? keys[alg]?.publicJwk : jwkWithCert(cert);
      return {
        client_id: idOf(combination),
        token_endpoint_auth_method: clientAuth,
        id_token_signed_response_alg: alg,
        ...(par === 'always' && { userinfo_signed_response_alg: alg }),
        require_pushed_authorization_requests: par === 'always',
        dpop_bound_access_tokens: dpop === 'on',
        tls_client_certificate_bound_access_tokens: isByCert(combination) && dpop === 'off',
        ...(clientAuth === 'tls_client_auth' ? { tls_client_auth_subject_dn: 'CN=client' } : {}),
        ...(clientAuth.includes('secret') ? {} : { jwks: { keys: [{ ...jwk }] } }),
      };
    };
    real = await startRealProvider(
      matrix.map(registered),
      (base) => ({
        ...base,
        jwks: { keys: providerKeys },
        discovery: { mtls_endpoint_aliases: tls.aliases },
        clientAuthMethods: [...methods],
        enabledJWA: {
          clientAuthSigningAlgValues: [...keyAlgorithms],
          idTokenSigningAlgValues: [...keyAlgorithms],
          userinfoSigningAlgValues: [...keyAlgorithms],
          requestObjectSigningAlgValues: [...keyAlgorithms],
        },
        features: {
          ...base.features,
          mTLS: tls.mTLS,
          jwtUserinfo: { enabled: true },
          pushedAuthorizationRequests: { enabled: true },
          dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
        },
      }),
      onFinished,
    );
    tls.serve(real.provider.provider.callback());
    givenOf = (combination) => {
      const { clientAuth, par, dpop, alg } = combination;
      const cert = certOf(combination);
      return {
        clientId: idOf(combination),
        ...{ clientAuth, par, dpop, idTokenAlg: alg },
        ...(clientAuth.includes('secret') ? {} : { clientKey: cert?.key ?? keys[alg]?.pem ?? '' }),
        ...(cert === undefined ? {} : { clientCert: cert.cert }),
      };
    };
  });

  afterAll(async () => {
    for (const run of cleanUp.reverse()) await run();
  });

  test.for(matrix)('$clientAuth, PAR $par, DPoP $dpop, $alg: signs in and refreshes', async (combination) => {
    if (real === undefined || givenOf === undefined) throw new Error('not started');
    const before = shown.length;
    const { provider, login } = openRealClient(real, givenOf(combination));
    const { url } = await provider.createAuthorizationRequest({});
    expect(new URL(url).searchParams.has('request_uri')).toBe(combination.par !== 'never');
    const { issuer, sub, claims, tokens } = await login();
    expect(claims).toMatchObject({ sub: 'ada', name: 'Ada Lovelace' });
    expect(decodeProtectedHeader(tokens.idToken).alg).toBe(combination.alg);
    expect(tokens.dpopKey !== undefined).toBe(combination.dpop === 'on');
    const { refreshToken = '', dpopKey } = tokens;
    expect(await provider.refresh(refreshToken, { issuer, sub, dpopKey })).toMatchObject({ claims: { sub } });
    expect(shown.length > before).toBe(isByCert(combination));
  });
});

describe.runIf(openssl)('mutual TLS', () => {
  const startTls = async (client: Partial<ClientMetadata>) => {
    const tls = await startMutualTls();
    const real = await startRealProvider(
      [{ tls_client_certificate_bound_access_tokens: true, ...client }],
      (base) => ({
        ...base,
        discovery: { mtls_endpoint_aliases: tls.aliases },
        clientAuthMethods: [...methods],
        features: { ...base.features, mTLS: tls.mTLS },
      }),
    );
    tls.serve(real.provider.provider.callback());
    return { tls, real };
  };

  test('a certificate whose files change is shown from then on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-mtls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { tls, real } = await startTls({
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=client',
    });
    const [key, cert] = [join(folder, 'client.key'), join(folder, 'client.pem')];
    const write = (): string => {
      const made = createCertificate('client', tls.authority);
      writeFileSync(key, made.key);
      writeFileSync(cert, made.cert);
      return new X509Certificate(made.cert).fingerprint256;
    };
    const first = write();
    let now = Date.now();
    const clock = (): number => now;
    const given = {
      clientKey: { file: key },
      clientCert: { file: cert },
      clientAuth: 'tls_client_auth',
      clock,
    } as const;
    const { login } = openRealClient(real, given);
    await login();
    expect(new Set(tls.shown)).toEqual(new Set([first]));
    const second = write();
    now += 6000;
    tls.shown.length = 0;
    await login();
    expect(new Set(tls.shown)).toEqual(new Set([second]));
  });

  test('a token that is bound to the certificate is refused without it', async () => {
    const { publicJwk, pem } = createClientKey('ES256');
    const own = createCertificate('client of its own');
    const { real } = await startTls({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicJwk] },
    });
    const { login } = openRealClient(real, { clientKey: `${pem}\n${own.key}`, clientCert: own.cert });
    const { claims, tokens } = await login();
    expect(claims).toMatchObject({ name: 'Ada Lovelace' });
    const headers = { authorization: `Bearer ${tokens.accessToken}` };
    expect((await fetch(`${real.provider.issuer}/me`, { headers })).status).toBe(401);
  });

  test('the public part of the certificate’s key has the certificate beside it', async () => {
    const own = createCertificate('client of its own');
    const { real } = await startTls({ token_endpoint_auth_method: 'none' });
    const { provider } = openRealClient(real, { clientKey: own.key, clientCert: own.cert });
    expect(provider.publicKeys()).toEqual({ keys: [jwkWithCert(own)] });
  });
});
