import { paths } from '@foyer/contract';
import { isSeveral, type ResolvedOptions } from '../options.ts';
import type { Metadata } from './metadata.ts';

/**
 * Whether the answers of a provider come to an address of its own: of several providers, one that does not name itself in its
 * answers could be mixed up with another.
 *
 * @see RFC 9700 section 4.4.2.2
 */
export const needsOwnCallback = (
  options: Pick<ResolvedOptions, 'providerId'>,
  metadata: Pick<Metadata, 'authorization_response_iss_parameter_supported'> | undefined,
): boolean => isSeveral(options) && !metadata?.authorization_response_iss_parameter_supported;

/** The redirect URI of a login, made from the public URL alone. */
export const redirectUri = (
  { publicUrl, providerId }: Pick<ResolvedOptions, 'publicUrl' | 'providerId'>,
  hasOwnCallback: boolean,
): string => `${publicUrl}${paths.callback}${hasOwnCallback ? `/${providerId}` : ''}`;

/** Where the provider sends the browser after a sign-out. */
export const postLogoutUri = ({ publicUrl }: Pick<ResolvedOptions, 'publicUrl'>): string =>
  `${publicUrl}${paths.logout}`;

/** The configured logout URL with its places filled in. */
export const fillLogoutUrl = ({
  logoutUrl,
  clientId,
  publicUrl,
}: Pick<ResolvedOptions, 'logoutUrl' | 'clientId' | 'publicUrl'>): string | undefined =>
  logoutUrl
    ?.replaceAll('{client_id}', () => encodeURIComponent(clientId))
    .replaceAll('{return_to}', () => encodeURIComponent(postLogoutUri({ publicUrl })));
