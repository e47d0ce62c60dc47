import type { FastifyInstance } from 'fastify';
import { createAnswerPolicy, createPagePolicies } from './browser-security/content-security-policy.ts';
import { createOriginCorrection } from './browser-security/public-origin.ts';
import { prepareAnswerHeaders, preparePageHeaders } from './browser-security/response-headers.ts';
import { createLoginRounds } from './login/login-rounds.ts';
import { createLoginSeal } from './login/login-seal.ts';
import { createLoginTransactions } from './login/login-transaction.ts';
import { createRateLimit } from './login/rate-limit.ts';
import type { ResolvedOptions } from './options.ts';
import { createPageLook } from './pages/page.ts';
import { createProviders } from './provider/providers.ts';
import { createDraining } from './server/draining.ts';
import { createSubjectNames } from './session/log-subject.ts';
import { createSessions } from './session/session.ts';
import { createCookieSeal } from './session/session-cookie.ts';
import { guardStore } from './session/store-guard.ts';
import { createAccessTokens } from './tokens/access-token.ts';

/** Composes the BFF of one plugin registration. */
export const composeBff = async (app: FastifyInstance, options: ResolvedOptions) => {
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
    /** Look and language of our own pages. */
    look,
    takesMore: createDraining(app, options.drainTimeout),
    /** The headers of our own answers, and of the SPA's pages and assets. */
    headers: { answers, pages },
    limitRate: await createRateLimit(options),
    correctOrigin: createOriginCorrection(options),
    /** Names a person in the log. */
    nameSubject: createSubjectNames(options),
    /** The methods of each path of ours, as its 405 names them. */
    allowedMethods: new Map<string, readonly string[]>(),
  };
};

/** What routes call upon. */
export type Bff = Readonly<Awaited<ReturnType<typeof composeBff>>>;

declare module 'fastify' {
  interface FastifyInstance {
    /** The BFF that was registered here, for `requireUser` and `currentUser`. */
    readonly foyer: Bff;
  }
}

/**
 * The BFF that is registered in an instance or around it.
 *
 * @throws Error that names `who` needs it, where there is none.
 */
export const requireBff = (app: FastifyInstance, who: string): Bff => {
  if (app.hasDecorator('foyer')) return app.foyer;
  throw new Error(`${who} need the bff plugin: register it first, in the same instance or one around it`);
};
