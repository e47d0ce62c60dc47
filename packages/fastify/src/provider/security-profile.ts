import { profileAlgorithms } from '../options/client-keys.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { keyMethods } from './client-credentials.ts';
import type { JsonObject } from './json-object.ts';

type Options = Pick<ResolvedOptions, 'profile' | 'dpop' | 'clientAuth' | 'clientCert'>;

const lists = (value: unknown, wanted: readonly string[]): boolean =>
  Array.isArray(value) && value.some((each) => wanted.includes(each));

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/**
 * What the metadata of a provider lacks for the configured security profile, by the name of each member; nothing where no
 * profile is configured.
 *
 * @see FAPI 2.0 Security Profile section 5.3.2
 */
export const findProfileGaps = (metadata: JsonObject, options: Options): readonly string[] => {
  if (options.profile === undefined) return [];
  const methods = options.clientAuth === undefined ? keyMethods(options) : [options.clientAuth];
  const needed: readonly (readonly [holds: boolean, gap: string])[] = [
    [isText(metadata.pushed_authorization_request_endpoint), 'pushed_authorization_request_endpoint'],
    [
      metadata.authorization_response_iss_parameter_supported === true,
      'authorization_response_iss_parameter_supported',
    ],
    [lists(metadata.code_challenge_methods_supported, ['S256']), 'S256 in code_challenge_methods_supported'],
    [
      lists(metadata.token_endpoint_auth_methods_supported, methods),
      `${methods.join(' or ')} in token_endpoint_auth_methods_supported`,
    ],
    [
      lists(metadata.id_token_signing_alg_values_supported, profileAlgorithms),
      `${profileAlgorithms.join(', ')} in id_token_signing_alg_values_supported`,
    ],
    options.dpop === 'on'
      ? [
          lists(metadata.dpop_signing_alg_values_supported, ['ES256']),
          'ES256 in dpop_signing_alg_values_supported',
        ]
      : [
          metadata.tls_client_certificate_bound_access_tokens === true,
          'tls_client_certificate_bound_access_tokens',
        ],
  ];
  return needed.filter(([holds]) => !holds).map(([, gap]) => gap);
};

/** The metadata of a provider lacks what the configured security profile needs. */
export class ProfileUnmet extends Problem {
  readonly gaps: readonly string[];

  constructor({ profile }: Options, gaps: readonly string[]) {
    super(
      'provider_invalid_response',
      `discovery: the metadata lacks what OIDC_PROFILE=${profile} needs: ${gaps.join('; ')}`,
    );
    this.gaps = gaps;
  }
}
