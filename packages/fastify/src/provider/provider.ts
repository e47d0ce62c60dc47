import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import type { ResolvedOptions } from '../options.ts';
import type { AuthorizationChecks, LoginHints } from './authorization-policy.ts';
import { issuersOf } from './checks/issuer.ts';
import { createClientCredentials, publicKeys, type TlsIdentity } from './client-credentials.ts';
import type { DpopRequest } from './dpop.ts';
import type { LogoutToken } from './logout-token.ts';
import { createEndSessionOrigin } from './logout-url.ts';
import type { Metadata } from './metadata.ts';
import type { OpenedProvider } from './opened-provider.ts';
import type { ProviderContext } from './provider-context.ts';
import type { ProviderHttp } from './provider-http.ts';
import { needsOwnCallback, redirectUri } from './redirect-uri.ts';
import type {
  Claims,
  CompletedLogin,
  DpopKey,
  ExpectedGrant,
  KeepSuccessor,
  RefreshedTokens,
  TokenSet,
} from './token-set.ts';
import type { ExchangedToken, TargetToken, TokenTarget } from './token-target.ts';

/**
 * The OpenID provider, discovered when it is first needed. Failures are `Problem`s with the codes
 * `provider_*`, `invalid_authorization_response`, `login_expired`, `login_required`, `access_denied`.
 *
 * @see OpenID Connect Discovery section 4
 */
export interface Provider {
  /** Starts a discovery in the background if there is none yet; never throws. */
  readonly warmUp: () => void;
  /** Whether the metadata has been discovered once; a discovery that is still to come has half a second. */
  readonly isDiscovered: () => Promise<boolean>;
  /** What the provider lacks for the configured `profile`; empty without one, and while the provider cannot be reached. */
  readonly profileGaps: () => Promise<readonly string[]>;
  /** The issuer; while it is not discovered, as it may be written. */
  readonly issuers: () => readonly string[];
  /** Where its answers come to, as far as the metadata is known. */
  readonly redirectUri: () => string;
  /** Origin of the end-session endpoint or logout URL, for `form-action`; `undefined` while unknown. */
  readonly endSessionOrigin: () => string | undefined;
  readonly createAuthorizationRequest: (
    hints: LoginHints,
  ) => Promise<{ readonly url: string; readonly checks: AuthorizationChecks }>;
  /** `parameters` are those of the callback; duplicates have been refused before. */
  readonly completeLogin: (
    parameters: URLSearchParams,
    checks: AuthorizationChecks,
    log: FastifyBaseLogger,
  ) => Promise<CompletedLogin>;
  /**
   * Asks for new tokens. The new refresh token is given to `keepSuccessor`, and kept there, before anything else
   * of the answer is judged.
   *
   * @throws RefreshRefused when the provider has ended the grant: the session is over.
   * @throws TargetRefused when it was asked for a `target` and refuses.
   * @throws Problem when the provider cannot be reached or is in trouble, or when the ID token cannot be judged: the
   * session stays. What `keepSuccessor` threw comes out as it is.
   */
  readonly refresh: (
    refreshToken: string,
    expected: ExpectedGrant,
    keepSuccessor?: KeepSuccessor,
  ) => Promise<RefreshedTokens>;
  /**
   * Exchanges a person's access token for one that is made for another API, bound to the same key where there is one.
   *
   * @throws TargetRefused when the provider issues none; Problem when it is in trouble.
   */
  readonly exchange: (subject: ExchangedToken, target: TokenTarget) => Promise<TargetToken>;
  /**
   * An access token of the client itself.
   *
   * @throws TargetRefused when the provider issues none; Problem when it is in trouble.
   */
  readonly clientToken: (target: TokenTarget) => Promise<TargetToken>;
  /**
   * The claims of userinfo, read again with a session's own access token; `undefined` where there are none for it.
   *
   * @throws Problem `provider_*`, for claims about another `sub` too.
   */
  readonly readUserinfo: (tokens: TokenSet, sub: string) => Promise<Claims | undefined>;
  /** Revokes where the provider can; settles within the provider timeout, rejects when it failed. */
  readonly revoke: (refreshToken: string) => Promise<void>;
  /** Where the browser goes to end the provider's session; `undefined` where there is no such place or it is down. */
  readonly findEndSession: (idToken: string | undefined) => Promise<string | undefined>;
  /** @throws LogoutTokenInvalid with a reason that may be told. */
  readonly verifyLogoutToken: (token: string) => Promise<LogoutToken>;
  /** A proof that a call is made by the holder of a session's key; a fresh one for each. @see RFC 9449 section 7 */
  readonly createDpopProof: (key: DpopKey, request: DpopRequest) => Promise<string>;
  /** The public parts of the client's keys, as a JWK set. */
  readonly publicKeys: () => Readonly<Record<string, unknown>>;
  /** What the client shows of itself by mutual TLS, as it is now: access tokens may be bound to it. */
  readonly tlsIdentity: () => TlsIdentity | undefined;
  readonly close: () => Promise<void>;
}

export { firstMethod } from '../options/client-method.ts';
export type { AuthorizationChecks, LoginHints } from './authorization-policy.ts';
export type { TlsIdentity } from './client-credentials.ts';
export type { LogoutToken } from './logout-token.ts';
export { LogoutTokenInvalid, RefreshRefused, TargetRefused } from './provider-refusals.ts';
export { findProfileGaps } from './security-profile.ts';
export type { Claims, CompletedLogin, DpopKey, RefreshedTokens, TokenSet } from './token-set.ts';
export { describeTarget, type TargetToken, type TokenTarget } from './token-target.ts';

const writeIssuer = ({ issuer }: ResolvedOptions, known: Metadata | undefined): readonly string[] => {
  const configured = issuer.replace(/\/\.well-known\/.*$/, '').replace(/\/$/, '');
  return known === undefined ? [configured, `${configured}/`] : [known.issuer];
};

/**
 * Makes the provider of these options; it is discovered lazily, and what speaks to it is loaded then: half of all that
 * a server loads, and nothing that a first page waits for. @see OpenID Connect Discovery section 4
 */
export const createProvider = (options: ResolvedOptions, log: FastifyBaseLogger): Provider => {
  const credentials = createClientCredentials(options, log);
  let context: ProviderContext | undefined;
  let loading: Promise<OpenedProvider> | undefined;
  const load = async (): Promise<OpenedProvider> => {
    const { openProvider } = await import('./opened-provider.ts');
    const opened = openProvider(options, credentials, log);
    context = opened.context;
    return opened;
  };
  const open = (): Promise<OpenedProvider> => {
    loading ??= load();
    return loading;
  };
  const take = async <T>(step: (opened: OpenedProvider) => Promise<T>): Promise<T> => step(await open());
  const current = (): Metadata | undefined => context?.discovery.current();
  return {
    warmUp: () => {
      take((opened) => opened.context.discovery.require()).catch((error: unknown) =>
        logEvent(log, 'provider_undiscovered', { err: error }),
      );
    },
    isDiscovered: async () => {
      await take((opened) => opened.steps.tryDiscovery(opened.context.discovery));
      return current() !== undefined;
    },
    profileGaps: async () =>
      options.profile === undefined
        ? []
        : take((opened) => opened.steps.discoverProfileGaps(opened.context.discovery)),
    issuers: () =>
      writeIssuer(options, current()).flatMap((issuer) => issuersOf({ issuer, tenants: options.tenants })),
    redirectUri: () => redirectUri(options, needsOwnCallback(options, current())),
    endSessionOrigin: createEndSessionOrigin(options, current),
    createAuthorizationRequest: (hints) =>
      take((opened) => opened.steps.createAuthorizationRequest(opened.context, hints)),
    completeLogin: (parameters, checks, requestLog) =>
      take((opened) => opened.steps.completeLogin(opened.context, { parameters, checks }, requestLog)),
    refresh: (refreshToken, expected, keepSuccessor) =>
      take((opened) =>
        opened.steps.refreshTokens(opened.context, refreshToken, { ...expected, keepSuccessor }),
      ),
    exchange: (subject, target) =>
      take((opened) => opened.steps.exchangeToken(opened.context, subject, target)),
    clientToken: (target) => take((opened) => opened.steps.requestClientToken(opened.context, target)),
    readUserinfo: (tokens, sub) =>
      take((opened) => opened.steps.readUserinfoAgain(opened.context, tokens, sub)),
    revoke: (refreshToken) => take((opened) => opened.steps.revokeToken(opened.context, refreshToken)),
    findEndSession: (idToken) => take((opened) => opened.steps.findEndSession(opened.context, idToken)),
    verifyLogoutToken: (token) => take((opened) => opened.steps.verifyLogout(opened.context, token)),
    createDpopProof: (key, request) => take((opened) => opened.steps.createDpopProof(key, request)),
    publicKeys: () => publicKeys(credentials()),
    tlsIdentity: () => credentials().tls,
    close: async () => {
      await (await loading)?.context.http.close();
    },
  };
};

/**
 * Opens the way by which the provider is asked, proxy variables and the client's certificate included, for what is examined
 * before anybody signs in.
 */
export const openProviderHttp = async (
  options: ResolvedOptions,
  log: FastifyBaseLogger,
): Promise<ProviderHttp> => {
  const { createProviderHttp } = await import('./provider-http.ts');
  const credentials = createClientCredentials(options, log);
  return createProviderHttp(options.providerTimeout, () => credentials().tls);
};
