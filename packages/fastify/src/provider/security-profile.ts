import { profileAlgorithms } from '../options/client-keys.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { keyMethods } from './client-credentials.ts';
import type { JsonObject } from './json-object.ts';

type Options = Pick<ResolvedOptions, 'profile' | 'dpop' | 'clientAuth' | 'clientCert'>;

/** What a member of the metadata has to be: any text, `true`, or a list with one of these. */
type Needed = 'text' | true | readonly string[];

const neededBy = (options: Options): Readonly<Record<string, Needed>> => ({
  pushed_authorization_request_endpoint: 'text',
  authorization_response_iss_parameter_supported: true,
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported:
    options.clientAuth === undefined ? keyMethods(options) : [options.clientAuth],
  id_token_signing_alg_values_supported: profileAlgorithms,
  ...(options.dpop === 'on'
    ? { dpop_signing_alg_values_supported: ['ES256'] }
    : { tls_client_certificate_bound_access_tokens: true }),
});

const isMet = (value: unknown, needed: Needed): boolean => {
  if (needed === true) return value === true;
  if (needed === 'text') return typeof value === 'string' && value !== '';
  return Array.isArray(value) && value.some((each) => needed.includes(each));
};

/**
 * What the metadata of a provider lacks for the configured security profile, by the name of each member; nothing where no
 * profile is configured.
 *
 * @see FAPI 2.0 Security Profile section 5.3.2
 */
export const findProfileGaps = (metadata: JsonObject, options: Options): readonly string[] =>
  Object.entries(options.profile === undefined ? {} : neededBy(options))
    .filter(([name, needed]) => !isMet(metadata[name], needed))
    .map(([name, needed]) => (typeof needed === 'object' ? `${needed.join(', ')} in ${name}` : name));

/** The metadata of a provider lacks what the configured security profile needs. */
export class ProfileUnmet extends Problem {
  readonly gaps: readonly string[];

  constructor({ profile }: Options, gaps: readonly string[]) {
    const lack = `the metadata lacks what OIDC_PROFILE=${profile} needs: ${gaps.join('; ')}`;
    super('provider_invalid_response', `discovery: ${lack}`);
    this.gaps = gaps;
  }
}
