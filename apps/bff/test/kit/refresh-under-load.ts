import type { RouteToken } from '@foyer/fastify';
import { askWho, type ReplicaOptions, startReplicas } from './start-replicas.ts';
import { startUpstream } from './start-upstream.ts';

/** What came of calls that went on while access tokens expired. */
export interface RefreshReport {
  readonly calls: number;
  /** Access tokens that the API saw after the session's first. */
  readonly expiries: number;
  /** Refreshes that the provider granted. */
  readonly grants: number;
  /** Every status that was answered. */
  readonly statuses: readonly number[];
  /** On the process that was asked less. */
  readonly isSignedIn: boolean;
}

/** Seconds that an access token lives; it is refreshed when half of them are over. */
const accessToken = 4;
/** Calls that are under way at once. */
const width = 50;

/** How much is asked, and for which tokens. */
interface RefreshLoad {
  readonly calls: number;
  readonly expiries: number;
  /** The access token of each route that is called in turn, the session's own first. */
  readonly apiTokens?: readonly RouteToken[];
}

/**
 * Calls an API through two processes on one store until at least `expiries` tokens were refreshed and `calls` were
 * answered. The provider rotates refresh tokens and ends the grant when one is used twice.
 */
export const refreshUnderLoad = async (
  store: ReplicaOptions['store'],
  { calls, expiries, apiTokens = ['session'] }: RefreshLoad,
): Promise<RefreshReport> => {
  const tokens = new Set<string | undefined>();
  using upstream = await startUpstream((headers) => tokens.add(headers.authorization));
  await using replicas = await startReplicas({
    store,
    ttl: { accessToken },
    apiUpstream: upstream.url,
    apiTokens,
  });
  let grants = 0;
  replicas.provider.provider.on('grant.success', ({ oidc }) => {
    if (oidc.params?.grant_type === 'refresh_token') grants += 1;
  });
  const cookie = await replicas.signIn();
  const statuses = new Set<number>();
  let answered = 0;
  const call = async (at: number): Promise<void> => {
    const { url } = replicas.all[at % 2 === 0 ? 0 : 1];
    const answer = await fetch(`${url}/api/things${at % apiTokens.length || ''}`, { headers: { cookie } });
    await answer.text();
    statuses.add(answer.status);
    answered += 1;
  };
  const deadline = performance.now() + (expiries + 5) * 3000;
  while ((answered < calls || grants < expiries) && performance.now() < deadline) {
    await Promise.all(Array.from({ length: width }, (_none, at) => call(at)));
  }
  const { isSignedIn } = await askWho(replicas.all[1], cookie);
  return { calls: answered, expiries: tokens.size - 1, grants, statuses: [...statuses], isSignedIn };
};

/** Whether one grant was made for each expiry, nothing but 200 was answered, and no one was signed out. */
export const isFlawless = ({ expiries, grants, statuses, isSignedIn }: RefreshReport): boolean =>
  grants === expiries && statuses.length === 1 && statuses[0] === 200 && isSignedIn;
