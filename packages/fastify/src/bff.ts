import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createAnswerPolicy, createPagePolicies } from './browser-security/content-security-policy.ts';
import { createOriginCorrection } from './browser-security/public-origin.ts';
import {
  type AnswerHeaders,
  type PageHeaders,
  prepareAnswerHeaders,
  preparePageHeaders,
} from './browser-security/response-headers.ts';
import { createLoginRounds, type LoginRounds } from './login/login-rounds.ts';
import { createLoginSeal, type LoginSeal } from './login/login-seal.ts';
import { createLoginTransactions, type LoginTransactions } from './login/login-transaction.ts';
import { createRateLimit } from './login/rate-limit.ts';
import type { ResolvedOptions } from './options.ts';
import { createPageLook, type PageLook } from './pages/page.ts';
import { createProviders, type Providers } from './provider/providers.ts';
import { createDraining } from './server/draining.ts';
import { createSubjectNames, type NameSubject } from './session/log-subject.ts';
import { createSessions, type Sessions } from './session/session.ts';
import { createCookieSeal } from './session/session-cookie.ts';
import { guardStore } from './session/store-guard.ts';
import { type AccessTokens, createAccessTokens } from './tokens/access-token.ts';

/** What routes call upon: the parts of one plugin registration. */
export interface Bff {
  /** The options of the registration, checked, with their defaults. */
  readonly options: ResolvedOptions;
  /** The providers to sign in with; most often one. */
  readonly providers: Providers;
  /** The one door to the session cookie and the records behind it. */
  readonly sessions: Sessions;
  /** The one door to access tokens: finds the one of a session, and refreshes it. */
  readonly accessTokens: AccessTokens;
  /** The pending logins, each in a cookie of the browser. */
  readonly logins: LoginTransactions;
  /** Seals what a login hands to the browser, and opens it again. */
  readonly loginSeal: LoginSeal;
  /** Counts logins that brought no session, so that the browser does not go round for ever. */
  readonly rounds: LoginRounds;
  /** Look and language of our own pages. */
  readonly look: PageLook;
  /** Whether the server is ready for more requests. A call counts as a probe of a load balancer. */
  readonly takesMore: () => boolean;
  /** The headers of our own answers, and of the SPA's pages and assets. */
  readonly headers: { readonly answers: AnswerHeaders; readonly pages: PageHeaders };
  /** Counts a request of the sign-in. @throws Problem `rate_limited` beyond `rateLimitLogin`. */
  readonly limitRate: (request: FastifyRequest) => Promise<void>;
  /** Where to send a browser that opened a page under another loopback name than `publicUrl`; else `undefined`. */
  readonly correctOrigin: (request: FastifyRequest) => string | undefined;
  /** Names a person in the log. */
  readonly nameSubject: NameSubject;
  /** The methods of each path of ours, as its 405 names them. */
  readonly allowedMethods: Map<string, readonly string[]>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The BFF that was registered here, for `requireUser` and `currentUser`. */
    readonly foyer: Bff;
  }
}

/** Composes the BFF of one plugin registration. */
export const composeBff = async (app: FastifyInstance, options: ResolvedOptions): Promise<Bff> => {
  const seal = await createCookieSeal(options.sessionKeys);
  const loginSeal = createLoginSeal(options.sessionKeys);
  const providers = createProviders(options, app.log);
  const { log } = app;
  const store = guardStore(options.sessionStore, options.observe);
  const sessions = createSessions({ options, store, seal, log });
  const look = createPageLook(options.brand);
  const { endSessionOrigins } = providers;
  const answers = prepareAnswerHeaders(options, createAnswerPolicy(look.style.hash, endSessionOrigins));
  const pages = preparePageHeaders(options, answers, createPagePolicies(options, endSessionOrigins));
  return {
    options,
    providers,
    sessions,
    accessTokens: createAccessTokens({ store, sessions, log }, providers.all),
    logins: createLoginTransactions(options, loginSeal),
    loginSeal,
    rounds: createLoginRounds(options, seal),
    look,
    takesMore: createDraining(app, options.drainTimeout),
    headers: { answers, pages },
    limitRate: await createRateLimit(options),
    correctOrigin: createOriginCorrection(options),
    nameSubject: createSubjectNames(options),
    allowedMethods: new Map(),
  };
};

/**
 * The BFF that is registered in an instance or around it.
 *
 * @throws Error that names `who` needs it, where there is none.
 */
export const requireBff = (app: FastifyInstance, who: string): Bff => {
  if (app.hasDecorator('foyer')) return app.foyer;
  throw new Error(`${who} need the bff plugin: register it first, in the same instance or one around it`);
};
