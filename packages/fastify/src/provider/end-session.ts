import { randomBytes } from 'node:crypto';
import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '../options.ts';
import type { Metadata } from './discovery.ts';

const maxHint = 4096;

/** Where the browser goes to end the provider's session. @see OpenID Connect RP-Initiated Logout section 2 */
export const createEndSessionUrl = (
  metadata: Metadata | undefined,
  options: ResolvedOptions,
  idToken: string | undefined,
): string | undefined => {
  const returnTo = `${options.publicUrl}${paths.logout}`;
  if (options.logoutUrl !== undefined) {
    return options.logoutUrl
      .replaceAll('{client_id}', () => encodeURIComponent(options.clientId))
      .replaceAll('{return_to}', () => encodeURIComponent(returnTo));
  }
  if (metadata?.end_session_endpoint === undefined) return undefined;
  const url = new URL(metadata.end_session_endpoint);
  url.searchParams.set('client_id', options.clientId);
  if (idToken !== undefined && idToken.length <= maxHint) url.searchParams.set('id_token_hint', idToken);
  url.searchParams.set('post_logout_redirect_uri', returnTo);
  url.searchParams.set('state', randomBytes(16).toString('base64url'));
  return url.href;
};
