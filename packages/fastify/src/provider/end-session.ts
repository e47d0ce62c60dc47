import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { paths } from '@foyer/contract';
import { buildEndSessionUrl } from 'openid-client';
import { Problem } from '../problems.ts';
import { replaceParameters } from './authorization-request.ts';
import type { Discovery } from './discovery.ts';
import { fillLogoutUrl } from './logout-url.ts';
import { metadataUrl } from './metadata.ts';
import type { ProviderContext } from './provider-context.ts';

/** A proxy with usual buffers, 4 kB for the whole head of an answer, has to pass it on; the rest is for other headers. */
const maxUrlLength = 2560;

/** Where the browser goes to end the provider's session. @see OpenID Connect RP-Initiated Logout section 2 */
const createEndSessionUrl = (
  { options, discovery, openidClient }: ProviderContext,
  idToken: string | undefined,
): string | undefined => {
  const logoutUrl = fillLogoutUrl(options);
  if (logoutUrl !== undefined) return logoutUrl;
  const metadata = discovery.current();
  if (metadata?.end_session_endpoint === undefined) return undefined;
  const parameters = {
    client_id: options.clientId,
    post_logout_redirect_uri: `${options.publicUrl}${paths.logout}`,
    state: randomBytes(16).toString('base64url'),
  };
  const client = openidClient.configure(metadata, 'client_secret_basic');
  const print = (given: Readonly<Record<string, string>>): string =>
    replaceParameters(buildEndSessionUrl(client, given), new URLSearchParams(given));
  const hinted = idToken === undefined ? undefined : print({ ...parameters, id_token_hint: idToken });
  return hinted !== undefined && hinted.length <= maxUrlLength ? hinted : print(parameters);
};

/** Seconds; a provider that is merely slow is not down. */
const waitSeconds = 0.5;

/** Tries the first discovery once more where it is still to come: the provider may have come back meanwhile. */
export const tryDiscovery = async ({ current, require }: Discovery): Promise<void> => {
  if (current() !== undefined) return;
  const tried = require().catch(() => undefined);
  await Promise.race([tried, wait(waitSeconds * 1000, undefined, { ref: false })]);
};

/**
 * Whether sending the browser to the provider would strand it: no server listens there, or it answers 5xx.
 * Settles within half a second.
 */
const isProviderDown = async ({ http, options }: ProviderContext): Promise<boolean> => {
  try {
    return (await http.send(metadataUrl(options), { limit: waitSeconds })).status >= 500;
  } catch (error) {
    if (error instanceof Problem) return error.code === 'provider_unavailable';
    throw error;
  }
};

/** Where the browser goes to end the provider's session; `undefined` where there is no such place or it is down. */
export const findEndSession = async (
  context: ProviderContext,
  idToken: string | undefined,
): Promise<string | undefined> => {
  if (context.options.logoutUrl === undefined) await tryDiscovery(context.discovery);
  const url = createEndSessionUrl(context, idToken);
  return url === undefined || (await isProviderDown(context)) ? undefined : url;
};
