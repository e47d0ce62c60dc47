import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { startDevProvider } from '@foyer/dev-provider';
import { expect, test } from 'vitest';
import { parseEnvironment } from '../src/environment.ts';
import { examine } from '../src/examination.ts';
import { createSessionKey } from '../src/session-key.ts';

const examineWith = async (
  variables: Readonly<Record<string, string>> = {},
  publicUrls: readonly string[] = ['http://localhost:3000'],
): Promise<readonly string[]> => {
  await using provider = await startDevProvider({ publicUrls });
  const settings = parseEnvironment({
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    SESSION_KEYS: createSessionKey(),
    SESSION_STORE: 'memory:',
    SPA_DEV_SERVER: 'http://localhost:1',
    ...variables,
  });
  return (await examine(settings)).map(({ verdict, subject, text }) => `${verdict} ${subject}: ${text}`);
};

test('a sound configuration has nothing bad, and what was tried is told', async () => {
  const findings = await examineWith();
  expect(findings.filter((line) => line.startsWith('bad'))).toEqual([]);
  expect(findings).toEqual(
    expect.arrayContaining([
      'ok provider: leads back to http://localhost:3000/login/callback',
      'ok provider: accepts the client’s credentials',
      'ok provider: publishes 1 key for RS256',
      'ok provider: can revoke refresh tokens at sign-out',
      expect.stringMatching(/^ok clock: differs from the provider’s by \d+ s$/),
      'ok session store: can be read and written',
    ]),
  );
});

test.for([
  [
    'a wrong secret',
    { OIDC_CLIENT_SECRET: 'not-the-secret-canary' },
    'refuses the client. Check OIDC_CLIENT_ID',
  ],
  [
    'a redirect URI that is not registered',
    { PUBLIC_URL: 'http://localhost:3999' },
    'Register http://localhost:3999/login/callback',
  ],
  ['an algorithm that it does not sign with', { OIDC_ID_TOKEN_ALG: 'ES256' }, 'does not announce ES256'],
  ['an unknown client', { OIDC_CLIENT_ID: 'nobody' }, 'check OIDC_CLIENT_ID'],
] as const)('%s is found, with what to do, and no secret is told', async ([, variables, told]) => {
  const findings = await examineWith(variables);
  expect(findings.filter((line) => line.startsWith('bad')).join('\n')).toContain(told);
  expect(findings.join('\n')).not.toContain('canary');
});

test('a provider that is not there is said, and the store is looked at all the same', async () => {
  const findings = await examineWith({ OIDC_ISSUER: 'http://127.0.0.1:9' });
  expect(findings[0]).toMatch(/^bad provider: .*cannot be read/);
  expect(findings).toContain('ok session store: can be read and written');
});

test('a provider that signs with a short key is found', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const server = createServer(({ url, headers }, response) => {
    const issuer = `http://${headers.host}`;
    const answers: Readonly<Record<string, object>> = {
      '/.well-known/openid-configuration': {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
      },
      '/keys': { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: 'short' }] },
    };
    const answer = answers[url ?? ''];
    response.writeHead(answer ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: 'invalid_client' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const findings = await examineWith({ OIDC_ISSUER: `http://127.0.0.1:${port}` });
  server.closeAllConnections();
  server.close();
  expect(findings).toContain(
    'bad provider: signs with a key of 1024 bits. Have it replaced by one of 2048 or more.',
  );
});
