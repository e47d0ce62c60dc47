import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '../options.ts';
import type { Metadata } from './metadata.ts';

/** The configured logout URL with its places filled in. */
export const fillLogoutUrl = ({
  logoutUrl,
  clientId,
  publicUrl,
}: Pick<ResolvedOptions, 'logoutUrl' | 'clientId' | 'publicUrl'>): string | undefined =>
  logoutUrl
    ?.replaceAll('{client_id}', () => encodeURIComponent(clientId))
    .replaceAll('{return_to}', () => encodeURIComponent(`${publicUrl}${paths.logout}`));

/**
 * The origin that the browser is sent to at a sign-out, read again only when the metadata are others: every answer's
 * policy asks for it.
 */
export const createEndSessionOrigin = (
  options: ResolvedOptions,
  current: () => Metadata | undefined,
): (() => string | undefined) => {
  const read = (metadata: Metadata | undefined): string | undefined => {
    const url = fillLogoutUrl(options) ?? metadata?.end_session_endpoint;
    return url === undefined ? undefined : new URL(url).origin;
  };
  let known = current();
  let origin = read(known);
  return () => {
    const now = current();
    if (now !== known) origin = read(now);
    known = now;
    return origin;
  };
};
