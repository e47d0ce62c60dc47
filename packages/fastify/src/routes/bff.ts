import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CrossSiteVerdict, RequestSource } from '../browser-security/cross-site.ts';
import type { PageHeaders } from '../browser-security/page-headers.ts';
import type { ResponseHeaders } from '../browser-security/response-headers.ts';
import type { NameSubject } from '../logging/person.ts';
import type { LoginRounds } from '../login/login-rounds.ts';
import type { LoginSeal } from '../login/login-seal.ts';
import type { LoginTransactions } from '../login/login-transaction.ts';
import type { ResolvedOptions } from '../options.ts';
import type { PageLook } from '../pages/page.ts';
import { Problem } from '../problems.ts';
import type { Providers } from '../provider/providers.ts';
import type { Draining } from '../server/draining.ts';
import { hiddenRoute } from '../server/hidden-route.ts';
import type { Sessions } from '../session/sessions.ts';
import type { AccessTokens } from '../tokens/access-token.ts';

/** The rooms that routes call upon, composed once by the plugin. */
export interface Bff {
  readonly options: ResolvedOptions;
  readonly providers: Providers;
  readonly sessions: Sessions;
  readonly accessTokens: AccessTokens;
  readonly logins: LoginTransactions;
  readonly loginSeal: LoginSeal;
  readonly rounds: LoginRounds;
  /** How our own pages look and speak. */
  readonly look: PageLook;
  readonly draining: Draining;
  /** What every answer has: our own, and the pages and assets of the SPA. */
  readonly headers: { readonly answers: ResponseHeaders; readonly pages: PageHeaders };
  /** Counts a request of the sign-in. @throws Problem `rate_limited` beyond `rateLimitLogin`. */
  readonly limitRate: (request: FastifyRequest) => Promise<void>;
  readonly judgeSource: (source: RequestSource) => CrossSiteVerdict;
  readonly correctOrigin: (request: FastifyRequest) => string | undefined;
  /** Names a person in the log. */
  readonly nameSubject: NameSubject;
  /** The methods of each path of ours, as its 405 names them. */
  readonly allowedMethods: Map<string, readonly string[]>;
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | Promise<FastifyReply>;

/** The methods of one path and who answers them. */
export type Answers = Readonly<Partial<Record<'GET' | 'HEAD' | 'POST' | 'DELETE', Answer>>>;

/** Adds a path of ours: the given methods, and 405 with `Allow` for every other. @see RFC 9110 section 15.5.6 */
export const addRoute = (scope: FastifyInstance, url: string, answers: Answers): void => {
  const allow = Object.keys(answers);
  scope.foyer.allowedMethods.set(`${scope.prefix}${url}`, allow);
  for (const method of scope.supportedMethods) {
    const answer = Object.entries(answers).find(([name]) => name === method)?.[1];
    const refuse: Answer = () => {
      throw new Problem('method_not_allowed', `${method} is not among the methods of ${url}`, { allow });
    };
    scope.route({
      method,
      url,
      handler: answer ?? refuse,
      exposeHeadRoute: false,
      ...hiddenRoute(scope),
    });
  }
};
