import type { User } from '@foyer/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SessionStore } from '../stores/session-store.ts';
import { check, functionOf, option, type Refuse } from './option.ts';
import { isProtocolClaim } from './protocol-claims.ts';
import { duration } from './quantities.ts';

const yearSeconds = 366 * 86_400;

const isWeakKey = (key: Buffer): boolean =>
  new Set(key).size < 12 || /^[\x20-\x7e]{32}$/.test(key.toString('latin1'));

const checkSessionKeys = (keys: readonly string[], refuse: Refuse): void => {
  if (keys.length === 0) refuse('is empty');
  for (const [index, encoded] of keys.entries()) {
    const key = Buffer.from(encoded, 'base64');
    const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded);
    if (encoded === '')
      refuse(`key ${index + 1} is empty`, 'Take the comma out, or put a key in its place: pnpm key.');
    else if (!isBase64 || key.length !== 32) refuse(`key ${index + 1} is not 32 bytes in base64`);
    else if (isWeakKey(key)) refuse(`key ${index + 1} is not random`);
  }
  if (new Set(keys).size !== keys.length) refuse('holds the same key twice', 'Leave one of them out.');
};

const checkUserClaims = (names: readonly string[], refuse: Refuse): void => {
  for (const name of names)
    if (name === '' || isProtocolClaim(name))
      refuse(`names the claim "${name}", which no browser is shown`, 'Leave it out.');
};

const cookieName = z.string().regex(/^(?!__)[A-Za-z0-9_-]{1,32}$/, 'is not a plain cookie name');

/** A sign-in that the provider has finished, and that has no session yet. */
export interface VerifiedLogin<Claims = unknown> {
  /** Claims of the ID token overlaid by those of userinfo. */
  readonly claims: User & Claims;
  /** Claims of the ID token alone, verified in full. */
  readonly idTokenClaims: Readonly<Record<string, unknown>>;
  /** The request of the callback. */
  readonly request: FastifyRequest;
}

/** What the application decides about a sign-in. */
export const loginDecision = z.strictObject({
  /** Why there is no session: for the log. The browser gets `access_denied`. */
  refuse: z.string().optional(),
  /** Claims beside those of the provider, or in their place: shown to the browser, and good for `require` and `identity`. */
  add: z.record(z.string(), z.unknown()).readonly().optional(),
  /** Names of claims that the browser is not shown. */
  hide: z.array(z.string()).readonly().optional(),
  /** Where the browser goes instead, by the rules of `returnTo`. */
  returnTo: z.string().optional(),
});

/** What the application decides about a sign-in; `undefined` lets it pass as it is. */
export interface LoginDecision extends Readonly<z.output<typeof loginDecision>> {}

/** Decides about a sign-in. What it throws is an internal error, and there is no session. */
export type OnLogin<Claims = unknown> = (login: VerifiedLogin<Claims>) => Promise<LoginDecision | undefined>;

/** What is kept of a signed-in person, and for how long. */
export const sessionOptions = {
  /**
   * 32-byte keys, base64 (`pnpm key`); the first seals, all open. Default of the app: made and kept in `.data/` when
   * `publicUrl` is loopback http, else required.
   */
  sessionKeys: option(
    'SESSION_KEYS',
    z
      .array(z.string())
      .readonly()
      .superRefine(check(checkSessionKeys))
      .transform((keys): readonly Uint8Array[] => keys.map((key) => Buffer.from(key, 'base64'))),
    { form: 'list', remedy: 'Make one with: pnpm key, or openssl rand -base64 32.' },
  ),
  /** Decides about every finished sign-in: may refuse it, change what the browser is shown, and where it goes. */
  onLogin: functionOf<OnLogin>().optional(),
  /** Where sessions are kept: a store from `openSessionStore`, or your own. The caller who opened it closes it. */
  sessionStore: z.custom<SessionStore>(
    (value) => typeof value === 'object' && value !== null,
    'is not a session store',
  ),
  /** How long an unused session lives, in seconds or as a text such as `30m`. Default 30 minutes. */
  sessionIdleTimeout: option('SESSION_IDLE_TIMEOUT', duration(1, yearSeconds).default(30 * 60)),
  /** How long a session lives at most, used or not, in seconds or as a text such as `12h`. Default 12 hours. */
  sessionLifetime: option('SESSION_LIFETIME', duration(1, yearSeconds).default(12 * 3600)),
  /** How long a login may stay unfinished, in seconds or as a text such as `10m`. Default 10 minutes. */
  loginTimeout: option('LOGIN_TIMEOUT', duration(1, 86_400).default(10 * 60)),
  /** Names of the claims that the browser is shown beside `sub`. Default: all but those of the protocol. */
  userClaims: option(
    'USER_CLAIMS',
    z.array(z.string()).readonly().superRefine(check(checkUserClaims)).optional(),
    { form: 'list', remedy: 'Write it as name,email,groups.' },
  ),
  /**
   * `browser`: the session’s cookie goes when the browser closes; `persistent`: it lasts as long as the session may, which the
   * browser’s next user may find. Default `browser`.
   */
  sessionCookie: option(
    'SESSION_COOKIE',
    z.enum(['browser', 'persistent'], 'is not a kind of session cookie').default('browser'),
  ),
  /**
   * `true`: `GET /logout/frontchannel?iss=&sid=` ends a session from a frame of the provider’s sign-out page; back-channel
   * logout is safer. Default `false`.
   */
  frontchannelLogout: option('FRONTCHANNEL_LOGOUT', z.boolean().default(false)),
  /**
   * How log lines of logins, logouts, refusals and revocations name the person: `plain` (`sub`), `hash` (keyed by the first
   * session key), `none`. Default `hash`.
   */
  logSubject: option(
    'LOG_SUBJECT',
    z.enum(['plain', 'hash', 'none'], 'is not a way to name people').default('hash'),
  ),
  /** Name of the session cookie, which gets a prefix on https and the port on loopback http. Default `foyer`. */
  cookieName: option('COOKIE_NAME', cookieName.default('foyer'), {
    remedy: 'Use 1 to 32 letters, digits, hyphens and underscores, and leave __Host- out.',
  }),
} as const;
