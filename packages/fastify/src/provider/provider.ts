import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import { memoize } from '../memoize.ts';
import type { ResolvedOptions } from '../options.ts';
import { issuersOf } from './checks/issuer.ts';
import {
  createClientCredentials,
  type PublicKeys,
  publicKeys,
  type TlsIdentity,
} from './client-credentials.ts';
import type { DpopRequest } from './dpop.ts';
import { bareIssuer, type Metadata } from './metadata.ts';
import type { createProviderContext, ProviderContext } from './provider-context.ts';
import { fillLogoutUrl, needsOwnCallback, redirectUri } from './return-addresses.ts';
import type * as providerSteps from './steps.ts';
import type { DpopKey } from './token-set.ts';

export { type AuthorizationChecks, authorizationChecks, type LoginHints } from './authorization-policy.ts';
export { firstMethod, type TlsIdentity } from './client-credentials.ts';
export { isObject, overlayClaims, parseObject, readClaims } from './json-object.ts';
export type { LogoutToken } from './logout-token.ts';
export { metadataUrl, readEndpoint } from './metadata.ts';
export { LogoutTokenInvalid, RefreshRefused, TargetRefused } from './provider-refusals.ts';
export { findProfileGaps } from './security-profile.ts';
export type { TokenTarget } from './target-grants.ts';
export type {
  AccessToken,
  Claims,
  CompletedLogin,
  DpopKey,
  IssuedToken,
  RefreshedTokens,
  TokenSet,
} from './token-set.ts';

type Steps = typeof providerSteps;

/** A step without its first parameter, which is the provider's own context. */
type Bound<Step> = Step extends (context: ProviderContext, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

/** Each step towards the provider; see the function of `steps.ts` for what it takes and throws. */
type BoundSteps = { readonly [Name in keyof Steps]: Bound<Steps[Name]> };

/**
 * The OpenID provider, discovered when it is first needed. Failures are `Problem`s with the codes
 * `provider_*`, `invalid_authorization_response`, `login_expired`, `login_required`, `access_denied`.
 *
 * @see OpenID Connect Discovery section 4
 */
export interface Provider extends Omit<BoundSteps, 'createDpopProof' | 'revoke'> {
  /** Starts a discovery in the background if there is none yet; never throws. */
  readonly warmUp: () => void;
  /** The issuer; while it is not discovered, as it may be written. */
  readonly issuers: () => readonly string[];
  /** Revokes a refresh token where there is one and the provider can; never rejects: what failed is logged. */
  readonly revoke: (refreshToken: string | undefined, log?: FastifyBaseLogger) => Promise<void>;
  /** Where its answers come to, as far as the metadata is known. */
  readonly redirectUri: () => string;
  /** Origin of the end-session endpoint or logout URL, for `form-action`; `undefined` while unknown. */
  readonly endSessionOrigin: () => string | undefined;
  /** A proof that a call is made by the holder of a session's key; a fresh one for each. @see RFC 9449 section 7 */
  readonly createDpopProof: (key: DpopKey, request: DpopRequest) => Promise<string>;
  /** The public parts of the client's keys, as a JWK set. */
  readonly publicKeys: () => PublicKeys;
  /** What the client shows of itself by mutual TLS, as it is now: access tokens may be bound to it. */
  readonly tlsIdentity: () => TlsIdentity | undefined;
  readonly close: () => Promise<void>;
}

/** Asked for with every answer. */
const originOf = memoize(100, (url: string) => new URL(url).origin);

/** Loads what speaks to the provider: half of all that a server loads, and nothing that a first page waits for. */
const open = async (...settings: Parameters<typeof createProviderContext>) => {
  const [provider, steps] = await Promise.all([import('./provider-context.ts'), import('./steps.ts')]);
  return { context: provider.createProviderContext(...settings), steps };
};

/** Makes the provider of these options; it is loaded and discovered lazily. @see OpenID Connect Discovery section 4 */
export const createProvider = (options: ResolvedOptions, log: FastifyBaseLogger): Provider => {
  const credentials = createClientCredentials(options, log);
  let opening: ReturnType<typeof open> | undefined;
  let context: ProviderContext | undefined;
  const opened = async () => {
    opening ??= open(options, credentials, log);
    context = (await opening).context;
    return opening;
  };
  const current = (): Metadata | undefined => context?.discovery.current();
  const bind =
    <Rest extends readonly unknown[], Result>(
      choose: (steps: Steps) => (context: ProviderContext, ...rest: Rest) => Promise<Result>,
    ) =>
    async (...rest: Rest): Promise<Result> => {
      const provider = await opened();
      return choose(provider.steps)(provider.context, ...rest);
    };
  const revoke = bind((steps) => steps.revoke);
  return {
    warmUp: () => {
      const discovered = opened().then((provider) => provider.context.discovery.require());
      discovered.catch((error: unknown) => logEvent(log, 'provider_undiscovered', { err: error }));
    },
    ask: bind((steps) => steps.ask),
    isDiscovered: bind((steps) => steps.isDiscovered),
    profileGaps: bind((steps) => steps.profileGaps),
    issuers: () => {
      const configured = bareIssuer(options.issuer);
      const known = current()?.issuer;
      const written = known === undefined ? [configured, `${configured}/`] : [known];
      return written.flatMap((issuer) => issuersOf({ issuer, tenants: options.tenants }));
    },
    redirectUri: () => redirectUri(options, needsOwnCallback(options, current())),
    endSessionOrigin: () => {
      const url = fillLogoutUrl(options) ?? current()?.end_session_endpoint;
      return url && originOf(url);
    },
    createAuthorizationRequest: bind((steps) => steps.createAuthorizationRequest),
    completeLogin: bind((steps) => steps.completeLogin),
    refresh: bind((steps) => steps.refresh),
    exchange: bind((steps) => steps.exchange),
    clientToken: bind((steps) => steps.clientToken),
    readUserinfo: bind((steps) => steps.readUserinfo),
    revoke: async (refreshToken, ownLog = log) => {
      if (refreshToken === undefined) return;
      await revoke(refreshToken).catch((error: unknown) =>
        logEvent(ownLog, 'revocation_failed', { err: error }),
      );
    },
    findEndSession: bind((steps) => steps.findEndSession),
    verifyLogoutToken: bind((steps) => steps.verifyLogoutToken),
    createDpopProof: async (key, request) => (await opened()).steps.createDpopProof(key, request),
    publicKeys: () => publicKeys(credentials()),
    tlsIdentity: () => credentials().tls,
    close: async () => {
      // What could not be opened has nothing to close; the requests that needed it have said why.
      await (await opening?.catch(() => undefined))?.context.http.close();
    },
  };
};
