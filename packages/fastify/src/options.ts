import type { OpenerPolicy } from './browser-security/page-permissions.ts';
import type { Observe } from './logging/observation.ts';
import type { SessionStore } from './stores/session-store.ts';

/** How the client proves itself at the provider. @see OpenID Connect Core section 9 */
export type ClientAuth = 'client_secret_basic' | 'client_secret_post';

/** One API behind the BFF. @see RFC 10017 section 6.1.3.6 */
export interface ApiRoute {
  /** Path that begins with `/api/`, matched on whole segments; the longest wins. */
  readonly prefix: string;
  /** http or https URL that takes the prefix's place. */
  readonly upstream: string;
  /** Whether a session is needed; `none` never sends the access token. Default `required`. */
  readonly auth?: 'required' | 'optional' | 'none';
  /** Methods that pass. Default: all. */
  readonly methods?: readonly string[];
  /** Seconds until the upstream must have begun to answer. Default: `apiTimeout`. */
  readonly timeout?: number;
}

/**
 * Where pages and assets come from: a directory with a built SPA, whose source maps are served only when asked for, or
 * the URL of a running dev server.
 *
 * @see docs/own-spa.md
 */
export type SpaSource =
  | { readonly dir: string; readonly sourceMaps?: boolean | undefined }
  | { readonly devServer: string };

/** Options of the `bff` plugin. Durations are seconds, sizes are bytes. @see docs/own-fastify-app.md */
export interface BffOptions {
  /** The issuer, with or without the trailing slash, or a whole discovery URL. https, or http on a loopback host. */
  readonly issuer: string;
  /** The client that is registered at the provider. */
  readonly clientId: string;
  /** Its secret; required, since the BFF is a confidential client. */
  readonly clientSecret?: string | undefined;
  /** How the secret is sent. Default: what the provider's metadata lists, basic first; after `invalid_client` the other. */
  readonly clientAuth?: ClientAuth | undefined;
  /** For providers whose logout has an address of its own; `{client_id}` and `{return_to}` are filled in. */
  readonly logoutUrl?: string | undefined;
  /** Scopes that are asked for, `openid` among them. Default `openid profile email`. */
  readonly scope?: string | undefined;
  /** More authorization request parameters. */
  readonly authorizationParams?: Readonly<Record<string, string>> | undefined;
  /** The one accepted signature algorithm of ID tokens and logout tokens. Default `RS256`. */
  readonly idTokenAlg?: string | undefined;
  /** How far the provider's clock may be off. Default 30. */
  readonly clockTolerance?: number | undefined;
  /** How long a request to the provider may take. Default 5. */
  readonly providerTimeout?: number | undefined;
  /** The origin that the browser sees; the only source of every URL that is built. */
  readonly publicUrl: string;
  /** 32-byte keys, base64; the first seals, all open. */
  readonly sessionKeys: readonly string[];
  /** Where sessions are kept: one of `openSessionStore`, or one of your own. Whoever opened it closes it. */
  readonly sessionStore: SessionStore;
  /** How long a session lives that nobody uses. Default 1800. */
  readonly sessionIdleTimeout?: number | undefined;
  /** How long a session lives at most, used or not. Default 43200. */
  readonly sessionLifetime?: number | undefined;
  /** How long a login may stay unfinished. Default 600. */
  readonly loginTimeout?: number | undefined;
  /** Name of the session cookie, which gets a prefix on https and the port on loopback http. Default `foyer`. */
  readonly cookieName?: string | undefined;
  /** Where the SPA comes from. Default: nowhere, for an application that serves its own pages. */
  readonly spa?: SpaSource | undefined;
  /** Directives added to the content security policy of the SPA's pages, and of nothing else. */
  readonly spaCsp?: string | undefined;
  /** Permissions-Policy of the SPA's pages. Default: every feature for the page itself, none for frames of others. */
  readonly spaPermissionsPolicy?: string | undefined;
  /** Cross-Origin-Opener-Policy of the SPA's pages. Default `same-origin-allow-popups`. */
  readonly spaCoop?: OpenerPolicy | undefined;
  /** APIs behind the BFF. Default: none. */
  readonly apiRoutes?: readonly ApiRoute[] | undefined;
  /** Until an upstream must have begun to answer. Default 15. */
  readonly apiTimeout?: number | undefined;
  /** Largest request body that is passed on to an API. Default 10 MiB. */
  readonly apiMaxBody?: number | undefined;
  /** SPA origins other than `publicUrl`, same-site with it. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Per minute and client address, on login, callback and back-channel logout; 0 switches it off. Default 60. */
  readonly rateLimitLogin?: number | undefined;
  /**
   * How long a server that is asked to close still takes requests at most, until whoever asks `/readyz` sends no more. Needs
   * `return503OnClosing: false`, as `createServerOptions` sets it. Default 0.
   */
  readonly drainTimeout?: number | undefined;
  /** Told what happens, for metrics and traces. Default: nobody is, and nothing is measured. */
  readonly observe?: Observe | undefined;
  /** Milliseconds since the epoch, for tests. Default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/**
 * The options with every default filled in and every value checked. Durations are still seconds.
 *
 * @see docs/own-fastify-app.md
 */
export interface ResolvedOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly clientAuth: ClientAuth | undefined;
  readonly logoutUrl: string | undefined;
  readonly scope: string;
  readonly authorizationParams: Readonly<Record<string, string>>;
  readonly idTokenAlg: string;
  readonly clockTolerance: number;
  readonly providerTimeout: number;
  /** Origin without a trailing slash. */
  readonly publicUrl: string;
  /** Whether `publicUrl` is https. */
  readonly isSecure: boolean;
  readonly sessionKeys: readonly Uint8Array[];
  readonly sessionStore: SessionStore;
  readonly sessionIdleTimeout: number;
  readonly sessionLifetime: number;
  readonly loginTimeout: number;
  readonly cookieName: string;
  readonly spa: SpaSource | undefined;
  readonly spaCsp: string | undefined;
  readonly spaPermissionsPolicy: string;
  readonly spaCoop: OpenerPolicy;
  readonly apiRoutes: readonly ApiRoute[];
  readonly apiTimeout: number;
  readonly apiMaxBody: number;
  readonly allowedOrigins: readonly string[];
  readonly rateLimitLogin: number;
  readonly drainTimeout: number;
  readonly observe: Observe | undefined;
  readonly clock: () => number;
}

/** One mistake in the options. @see docs/own-fastify-app.md */
export interface OptionIssue {
  readonly option: keyof BffOptions;
  /** What is wrong; never the value of a secret. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Thrown at start with every mistake at once. @see docs/own-fastify-app.md */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
  readonly issues: readonly OptionIssue[];

  constructor(issues: readonly OptionIssue[]) {
    super(issues.map(({ option, problem, remedy }) => `${option}: ${problem}. ${remedy}`).join('\n'));
    this.issues = issues;
  }
}
