import { randomBytes } from 'node:crypto';
import { buildEndSessionUrl } from 'openid-client';
import { Problem } from '../problems.ts';
import { replaceParameters } from './authorization-request.ts';
import { tryDiscovery } from './discovery.ts';
import { metadataUrl } from './metadata.ts';
import type { ProviderContext } from './provider-context.ts';
import { fillLogoutUrl, postLogoutUri } from './return-addresses.ts';

/** A proxy with default buffers, 4 kB for the whole head of an answer, has to pass it on; the rest is for other headers. */
const maxUrlLength = 2560;

/** Where the browser goes to end the provider's session. @see OpenID Connect RP-Initiated Logout section 2 */
const createEndSessionUrl = async (
  context: ProviderContext,
  idToken: string | undefined,
): Promise<string | undefined> => {
  const { options } = context;
  if (options.logoutUrl !== undefined) return fillLogoutUrl(options);
  if (!(await tryDiscovery(context))) return undefined;
  const { metadata, config } = await context.discovered();
  if (metadata.end_session_endpoint === undefined) return undefined;
  const parameters = {
    client_id: options.clientId,
    post_logout_redirect_uri: postLogoutUri(options),
    state: randomBytes(16).toString('base64url'),
  };
  const print = (given: Readonly<Record<string, string>>): string =>
    replaceParameters(buildEndSessionUrl(config, given), new URLSearchParams(given));
  const hinted = idToken === undefined ? undefined : print({ ...parameters, id_token_hint: idToken });
  return hinted !== undefined && hinted.length <= maxUrlLength ? hinted : print(parameters);
};

/** Seconds; a provider that is merely slow is not down. */
const waitSeconds = 0.5;

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
  const url = await createEndSessionUrl(context, idToken);
  return url === undefined || (await isProviderDown(context)) ? undefined : url;
};
