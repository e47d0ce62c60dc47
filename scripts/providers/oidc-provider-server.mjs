import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

// oidc-provider with its own development pages. Runs in the folder where its package is installed.
const { PORT, ALG, REDIRECT_URI, POST_LOGOUT_URI } = process.env;

const kinds = {
  ES256: ['ec', { namedCurve: 'P-256' }],
  PS256: ['rsa', { modulusLength: 2048 }],
  EdDSA: ['ed25519', {}],
};
const [kind, options] = kinds[ALG];
const { privateKey } = generateKeyPairSync(kind, options);
// The library demands one RSA key for its default algorithm.
const { privateKey: spare } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (key, more) => ({ ...key.export({ format: 'jwk' }), use: 'sig', ...more });

const issuer = `http://localhost:${PORT}`;
const client = { client_id: 'foyer', client_secret: 'a-secret-of-the-providers-command' };
const provider = new Provider(issuer, {
  clients: [
    {
      ...client,
      redirect_uris: [REDIRECT_URI],
      post_logout_redirect_uris: [POST_LOGOUT_URI],
      id_token_signed_response_alg: ALG,
      userinfo_signed_response_alg: ALG,
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  jwks: { keys: [jwk(privateKey, { alg: ALG, kid: 'used' }), jwk(spare, { alg: 'RS256', kid: 'spare' })] },
  enabledJWA: { userinfoSigningAlgValues: [ALG, 'RS256'], idTokenSigningAlgValues: [ALG, 'RS256'] },
  claims: { openid: ['sub'], profile: ['name'] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Ada Lovelace' }) }),
  cookies: { keys: ['a-key-of-the-providers-command'] },
  features: {
    jwtUserinfo: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
  },
});
provider.listen(Number(PORT), 'localhost', () =>
  console.log(JSON.stringify({ issuer, clientId: client.client_id, clientSecret: client.client_secret })),
);
