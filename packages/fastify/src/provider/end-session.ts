import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { type Discovery, discoveryUrl, type Metadata } from './discovery.ts';
import type { ProviderHttp } from './provider-http.ts';

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

/** Seconds; a provider that is merely slow is not down. */
const patience = 0.5;

/** Tries the first discovery once more where it is still to come: the provider may have come back unasked. */
export const tryDiscovery = async ({ current, require }: Discovery): Promise<void> => {
  if (current() !== undefined) return;
  const tried = require().catch(() => undefined);
  await Promise.race([tried, wait(patience * 1000, undefined, { ref: false })]);
};

/**
 * Whether sending the browser to the provider would strand it: nobody listens there, or it answers 5xx.
 * Settles within half a second.
 */
export const isProviderDown = async (http: ProviderHttp, issuer: string): Promise<boolean> => {
  try {
    return (await http.send(discoveryUrl(issuer), { limit: patience })).status >= 500;
  } catch (error) {
    if (error instanceof Problem) return error.code === 'provider_unavailable';
    throw error;
  }
};
