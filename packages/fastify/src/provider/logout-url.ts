import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '../options.ts';

/** The configured logout URL with its places filled in. */
export const fillLogoutUrl = ({
  logoutUrl,
  clientId,
  publicUrl,
}: Pick<ResolvedOptions, 'logoutUrl' | 'clientId' | 'publicUrl'>): string | undefined =>
  logoutUrl
    ?.replaceAll('{client_id}', () => encodeURIComponent(clientId))
    .replaceAll('{return_to}', () => encodeURIComponent(`${publicUrl}${paths.logout}`));
