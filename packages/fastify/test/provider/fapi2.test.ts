import { createPrivateKey, randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { type BffOptions, checkOptions, OptionsError, resolveOptions } from '../../src/options.ts';
import { bff } from '../../src/plugin.ts';
import { createDpopKey } from '../../src/provider/dpop.ts';
import { openMemoryStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { createCertificate, createClientKey, openssl } from '../kit/client-keys.ts';
import { startMutualTls } from '../kit/mutual-tls.ts';
import {
  type ClientMetadata,
  openRealClient,
  type RealProvider,
  startRealProvider,
} from '../kit/real-login.ts';
import { startBff } from '../kit/start-bff.ts';
import { startRawUpstream } from '../kit/start-upstream.ts';
import { type Bends, type Json, startBentProvider } from './bent-provider.ts';
import { profileBends, profileMetadata, profileOptions } from './fapi2-bends.ts';
import { problemCode, problemOf, startRelyingParty } from './relying-party.ts';

const es256 = createClientKey('ES256');

const parseKey = (pem: string) => createPrivateKey(pem).export({ format: 'jwk' });

type Configure = NonNullable<Parameters<typeof startRealProvider>[1]>;

/** oidc-provider in its FAPI 2.0 profile. */
const startProfile = (client: Partial<ClientMetadata>, bind: Configure): Promise<RealProvider> => {
  const { token_endpoint_auth_method: method = 'none', ...rest } = client;
  const providerKey = {
    ...parseKey(createClientKey('ES256').pem),
    use: 'sig',
    alg: 'ES256',
    kid: 'provider',
  };
  const own = {
    ...({ id_token_signed_response_alg: 'ES256', require_pushed_authorization_requests: true } as const),
    token_endpoint_auth_method: method,
  };
  return startRealProvider([{ ...own, ...rest }], (base) =>
    bind({
      ...base,
      jwks: { keys: [providerKey] },
      clientAuthMethods: [method],
      enabledJWA: { clientAuthSigningAlgValues: ['ES256'], idTokenSigningAlgValues: ['ES256'] },
      features: {
        ...base.features,
        fapi: { enabled: true, profile: '2.0' },
        pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      },
    }),
  );
};

const keyClient = {
  ...({ token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' } as const),
  jwks: { keys: [es256.publicJwk] },
};

const byDpop: Configure = (base) => ({
  ...base,
  features: {
    ...base.features,
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
  },
});

describe('the FAPI 2.0 profile of oidc-provider', () => {
  test('one switch and a key sign people in: pushed, by key, bound by DPoP, and refreshed', async () => {
    const real = await startProfile({ ...keyClient, dpop_bound_access_tokens: true }, byDpop);
    const { provider, login } = openRealClient(real, { clientKey: es256.pem, profile: 'fapi2' });
    const { url } = await provider.createAuthorizationRequest({});
    expect([...new URL(url).searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    const { issuer, sub, tokens } = await login();
    expect(tokens.dpopKey).toBeDefined();
    const { refreshToken = '', dpopKey } = tokens;
    expect(await provider.refresh(refreshToken, { issuer, sub, dpopKey })).toMatchObject({ claims: { sub } });
  });

  test.runIf(openssl)('with a certificate the tokens are bound by mutual TLS instead', async () => {
    const tls = await startMutualTls();
    const own = createCertificate('client', tls.authority);
    const real = await startProfile(
      {
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_subject_dn: 'CN=client',
        tls_client_certificate_bound_access_tokens: true,
      },
      (base) => ({
        ...base,
        discovery: { mtls_endpoint_aliases: tls.aliases },
        features: { ...base.features, mTLS: tls.mTLS },
      }),
    );
    tls.serve(real.provider.provider.callback());
    const given = { clientKey: own.key, clientCert: own.cert, profile: 'fapi2' } as const;
    const { tokens } = await openRealClient(real, given).login();
    expect([tokens.dpopKey, tls.shown.length > 0]).toEqual([undefined, true]);
  });

  test('a replayed code is refused, and what the first use brought is over', async () => {
    const real = await startProfile({ ...keyClient, dpop_bound_access_tokens: true }, byDpop);
    const { provider, begin } = openRealClient(real, { clientKey: es256.pem, profile: 'fapi2' });
    const { finish } = await begin();
    const { issuer, sub, tokens } = await finish();
    expect(await problemCode(finish())).toBe('login_expired');
    const expected = { issuer, sub, dpopKey: tokens.dpopKey };
    expect(String(await problemOf(provider.refresh(tokens.refreshToken ?? '', expected)))).toContain(
      'invalid_grant',
    );
  });

  test('an access token that was stolen is of no use without its key, a refresh token none without the client’s', async () => {
    const real = await startProfile({ ...keyClient, dpop_bound_access_tokens: true }, byDpop);
    const { login, provider } = openRealClient(real, { clientKey: es256.pem, profile: 'fapi2' });
    const { issuer, sub, tokens } = await login();
    const { accessToken, dpopKey, refreshToken = '' } = tokens;
    const thief = openRealClient(real, { clientKey: createClientKey('ES256').pem, profile: 'fapi2' });
    for (const stolen of [undefined, createDpopKey()])
      expect(await provider.readUserinfo({ accessToken, dpopKey: stolen, sub })).toBeUndefined();
    expect(await problemCode(thief.provider.refresh(refreshToken, { issuer, sub, dpopKey }))).toBe(
      'provider_error',
    );
    expect(await provider.readUserinfo({ accessToken, dpopKey, sub })).toMatchObject({ sub });
    expect(await provider.refresh(refreshToken, { issuer, sub, dpopKey })).toMatchObject({ claims: { sub } });
  });

  test('a code that was stolen is of no use to another client, nor in another login', async () => {
    const real = await startProfile({ ...keyClient, dpop_bound_access_tokens: true }, byDpop);
    const { begin } = openRealClient(real, { clientKey: es256.pem, profile: 'fapi2' });
    const [mine, stolen] = [await begin(), await begin()];
    const answer = new URLSearchParams(mine.answer);
    answer.set('code', stolen.answer.get('code') ?? '');
    expect(await problemCode(mine.finish(answer))).toBe('login_expired');
    const thief = openRealClient(real, { clientKey: createClientKey('ES256').pem, profile: 'fapi2' });
    expect(await problemCode(thief.login())).toBe('provider_error');
  });
});

describe('the attacker model', () => {
  test.for<[string, Record<string, string>]>([
    ['of another provider', { iss: 'https://attacker.example' }],
    ['that is missing', {}],
  ])('an authorization response with an iss %s is refused before anything is sent', async ([, more]) => {
    await using party = await startRelyingParty(profileBends, profileOptions());
    expect(await problemCode(party.login(more))).toBe('invalid_authorization_response');
    expect(party.bent.count('token')).toBe(0);
  });

  test('mixed-up endpoints: metadata of an attacker that names the endpoints of another provider is refused', async () => {
    await using party = await startRelyingParty(
      {
        ...profileBends,
        discovery: (base) => ({ body: { ...profileMetadata(base), issuer: 'https://honest.example' } }),
      },
      profileOptions(),
    );
    expect(await problemCode(party.provider.createAuthorizationRequest({}))).toBe(
      'provider_invalid_response',
    );
    expect(party.bent.count('par')).toBe(0);
  });

  test('the assertion of the client is for one issuer: an attacker’s provider cannot use it elsewhere', async () => {
    await using party = await startRelyingParty(profileBends, profileOptions());
    await party.login({ iss: party.bent.issuer });
    for (const { endpoint, body } of party.bent.seen) {
      if (endpoint !== 'token' && endpoint !== 'par') continue;
      const [, claims = ''] = (body.get('client_assertion') ?? '').split('.');
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).aud).toBe(party.bent.issuer);
    }
  });

  test.for<[string, Bends]>([
    ['RS256', { idToken: ({ header, claims }) => ({ header: { ...header, alg: 'RS256' }, claims }) }],
    ['none', { idToken: ({ header, claims }) => ({ header: { ...header, alg: 'none' }, claims }) }],
    [
      'RS256, although the metadata lists it now',
      {
        discovery: (base) => ({
          body: { ...profileMetadata(base), id_token_signing_alg_values_supported: ['RS256', 'PS256'] },
        }),
        idToken: ({ header, claims }) => ({ header: { ...header, alg: 'RS256' }, claims }),
      },
    ],
    ['a Bearer token', { token: (base) => ({ body: base }) }],
  ])('a downgrade to %s is refused', async ([, bends]) => {
    await using party = await startRelyingParty({ ...profileBends, ...bends }, profileOptions());
    expect(await problemCode(party.login({ iss: party.bent.issuer }))).toBe('provider_invalid_response');
  });

  test('a sound provider of the profile is accepted, so that it is the bend that is refused', async () => {
    await using party = await startRelyingParty(profileBends, profileOptions());
    expect(await party.login({ iss: party.bent.issuer })).toMatchObject({ sub: 'ada' });
  });
});

describe('what the provider lacks is listed', () => {
  test('of the provider: every member that the profile needs, by name, and no login begins', async () => {
    await using party = await startRelyingParty({}, profileOptions());
    const problem = await problemOf(party.provider.createAuthorizationRequest({}));
    for (const member of [
      ...['pushed_authorization_request_endpoint', 'authorization_response_iss_parameter_supported'],
      ...[
        'S256 in code_challenge_methods_supported',
        'private_key_jwt in token_endpoint_auth_methods_supported',
      ],
      ...['id_token_signing_alg_values_supported', 'ES256 in dpop_signing_alg_values_supported'],
    ])
      expect(String(problem)).toContain(member);
  });

  test('of the provider: a list of other values, and a flag that is no flag, are no announcement', async () => {
    const others = {
      authorization_response_iss_parameter_supported: 'true',
      code_challenge_methods_supported: ['plain'],
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      id_token_signing_alg_values_supported: ['RS256'],
      dpop_signing_alg_values_supported: ['RS256'],
    };
    const discovery: Bends['discovery'] = (base) => ({ body: { ...base, ...others } });
    await using party = await startRelyingParty({ discovery }, profileOptions());
    const problem = String(await problemOf(party.provider.createAuthorizationRequest({})));
    for (const member of Object.keys(others)) expect(problem).toContain(member);
  });

  test('of the provider, at the start: everything at once, with what to do', async () => {
    await using bent = await startBentProvider({});
    const refusalOf = async (given: Partial<BffOptions>): Promise<unknown> => {
      const app = Fastify();
      const sessionKeys = [randomBytes(32).toString('base64')];
      const base = { publicUrl: 'http://localhost:3000', sessionKeys, sessionStore: openMemoryStore() };
      await app.register(bff, { ...base, ...given });
      const refusal = await problemOf((async () => app.ready())());
      await app.close();
      return refusal;
    };
    const given = { ...profileOptions(), issuer: bent.issuer, clientId: 'app' };
    const error = await refusalOf(given);
    expect(error).toBeInstanceOf(OptionsError);
    const remedy = 'Switch it on at the provider, or leave the profile out.';
    expect(String(error).match(/profile: .*/g)).toHaveLength(6);
    expect(String(error)).toContain(
      `profile: fapi2 needs pushed_authorization_request_endpoint, which the provider does not announce. ${remedy}`,
    );
    expect(String(await refusalOf({ providers: [{ ...given, id: 'staff' }] }))).toContain(
      'providers: staff: profile fapi2 needs pushed_authorization_request_endpoint',
    );
  });

  test('of the provider, at the start: nothing where it has everything, nor where it is down', async () => {
    await using bent = await startBentProvider(profileBends);
    await using sound = await startBff({ issuer: bent.issuer, ...profileOptions() });
    await using alone = await startBff({ issuer: 'http://127.0.0.1:9', ...profileOptions() });
    for (const { url } of [sound, alone]) expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('of the provider, at the start: nothing where it does not answer, and the start does not wait for it', async () => {
    await using silent = await startRawUpstream(() => undefined);
    const app = Fastify({ pluginTimeout: 20_000 });
    await app.register(bff, {
      ...{ ...profileOptions(), issuer: silent.url, clientId: 'app', providerTimeout: 300 },
      ...{ publicUrl: 'http://localhost:3000', sessionKeys: [randomBytes(32).toString('base64')] },
      sessionStore: openMemoryStore(),
    });
    await app.ready();
    expect(silent.openConnections()).toBe(1);
    await app.close();
  });

  const issuesOf = (given: Json): readonly string[] =>
    checkOptions({ clientId: 'app', profile: 'fapi2', clientKey: es256.pem, ...given })
      .filter(({ option }) => !['issuer', 'publicUrl', 'sessionKeys', 'sessionStore'].includes(option))
      .map(({ option, problem }) => `${option} ${problem}`);

  const refused = 'is not what the profile fapi2 allows';

  test.for<[Json, string]>([
    [
      { clientKey: undefined, clientSecret: 'secret' },
      'clientKey is missing, and what is configured needs it',
    ],
    [{ clientAuth: 'client_secret_basic', clientSecret: 'secret' }, `clientAuth ${refused}`],
    [{ par: 'never' }, `par ${refused}`],
    [{ dpop: 'off' }, `dpop ${refused}`],
    [{ idTokenAlg: 'RS256' }, `idTokenAlg ${refused}`],
    [
      { clientKey: JSON.stringify({ ...parseKey(createClientKey('PS256').pem), alg: 'RS256' }) },
      `clientKey ${refused}`,
    ],
  ])('of the configuration: %j', ([given, issue]) => {
    expect(issuesOf(given)).toEqual([issue]);
  });

  test('a key alone is enough, and a secret beside it takes no part', () => {
    expect(issuesOf({})).toEqual([]);
    const options = resolveOptions({
      ...{
        issuer: 'https://op.example',
        clientId: 'app',
        publicUrl: 'https://app.example',
        clientSecret: 'secret',
      },
      ...{ sessionKeys: [randomBytes(32).toString('base64')], sessionStore: openMemoryStore() },
      ...{ profile: 'fapi2', clientKey: es256.pem },
    });
    expect(options).toMatchObject({ par: 'always', dpop: 'on', clientSecret: undefined });
  });
});
