import type { BffOptions } from '../../src/options.ts';
import { createClientKey } from '../kit/client-keys.ts';
import type { Bends, Json } from './bent-provider.ts';

/** Metadata of a provider that keeps the FAPI 2.0 security profile. */
export const profileMetadata = (base: Json): Json => ({
  ...base,
  pushed_authorization_request_endpoint: `${base.issuer}/par`,
  require_pushed_authorization_requests: true,
  authorization_response_iss_parameter_supported: true,
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  id_token_signing_alg_values_supported: ['PS256'],
  dpop_signing_alg_values_supported: ['ES256'],
});

/** A provider of the profile: it signs with PS256 and binds access tokens. */
export const profileBends: Bends = {
  discovery: (base) => ({ body: profileMetadata(base) }),
  jwks: (base) => ({
    body: {
      keys: (Array.isArray(base.keys) ? base.keys : []).map((key: Json) => ({ ...key, alg: 'PS256' })),
    },
  }),
  idToken: ({ header, claims }) => ({ header: { ...header, alg: 'PS256' }, claims }),
  token: (base) => ({ body: { ...base, token_type: 'DPoP' } }),
};

/** The configuration of a client of the profile, the one switch and a key. */
export const profileOptions = (): Partial<BffOptions> => ({
  clientSecret: undefined,
  clientKey: createClientKey('ES256').pem,
  profile: 'fapi2',
});
