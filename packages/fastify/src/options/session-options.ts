import { z } from 'zod';
import type { SessionStore } from '../stores/session-store.ts';
import { check, option, type Refuse } from './option.ts';
import { isProtocolClaim } from './protocol-claims.ts';
import { duration } from './quantities.ts';

const yearSeconds = 366 * 86_400;

const weakKeys = new Set([Buffer.alloc(32).toString('base64'), Buffer.alloc(32, 1).toString('base64')]);

const isWeakKey = (key: Buffer): boolean =>
  new Set(key).size < 12 ||
  /^[\x20-\x7e]{32}$/.test(key.toString('latin1')) ||
  weakKeys.has(key.toString('base64'));

const checkSessionKeys = (keys: readonly string[], refuse: Refuse): void => {
  if (keys.length === 0) {
    refuse('is empty');
    return;
  }
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

/** What is kept of a signed-in person, and for how long. */
export const sessionOptions = {
  /** 32-byte keys, base64; the first seals, all open. */
  sessionKeys: option(
    z
      .array(z.string())
      .readonly()
      .superRefine(check(checkSessionKeys))
      .transform((keys): readonly Uint8Array[] => keys.map((key) => Buffer.from(key, 'base64'))),
    {
      variable: 'SESSION_KEYS',
      form: 'list',
      defaultInWords: 'made and kept in `.data/` when `PUBLIC_URL` is loopback http, else required',
      meaning: 'Comma list of base64 32-byte keys (`pnpm key`); the first seals, all open',
      remedy: 'Make one with: pnpm key, or openssl rand -base64 32.',
    },
  ),
  /** Where sessions are kept: a store from `openSessionStore`, or your own. The caller who opened it closes it. */
  sessionStore: z.custom<SessionStore>(
    (value) => typeof value === 'object' && value !== null,
    'is not a session store',
  ),
  /** How long an unused session lives, in seconds or as a text such as `30m`. Default 30 minutes. */
  sessionIdleTimeout: option(duration(1, yearSeconds).default(30 * 60), {
    variable: 'SESSION_IDLE_TIMEOUT',
    meaning: 'A session that was not used for this long is over',
  }),
  /** How long a session lives at most, used or not, in seconds or as a text such as `12h`. Default 12 hours. */
  sessionLifetime: option(duration(1, yearSeconds).default(12 * 3600), {
    variable: 'SESSION_LIFETIME',
    meaning: 'A session is over after this long, used or not',
  }),
  /** How long a login may stay unfinished, in seconds or as a text such as `10m`. Default 10 minutes. */
  loginTimeout: option(duration(1, 86_400).default(10 * 60), {
    variable: 'LOGIN_TIMEOUT',
    meaning: 'How long a login may stay unfinished',
  }),
  /** Names of the claims that the browser is shown beside `sub`. Default: all but those of the protocol. */
  userClaims: option(z.array(z.string()).readonly().superRefine(check(checkUserClaims)).optional(), {
    variable: 'USER_CLAIMS',
    form: 'list',
    defaultInWords: 'all but those of the protocol',
    meaning: 'Comma list of the claims that the browser is shown beside `sub`',
    remedy: 'Write it as name,email,groups.',
  }),
  /** How long the browser keeps the cookie: until it closes, or as long as the session may last. Default `browser`. */
  sessionCookie: option(
    z.enum(['browser', 'persistent'], 'is not a kind of session cookie').default('browser'),
    {
      variable: 'SESSION_COOKIE',
      meaning:
        '`browser`: the cookie goes when the browser closes; `persistent`: it lasts as long as the session may, which its next user may find',
    },
  ),
  /** Whether `GET /logout/frontchannel` ends the session that a frame of the provider names. Default `false`. */
  frontchannelLogout: option(z.boolean().default(false), {
    variable: 'FRONTCHANNEL_LOGOUT',
    meaning:
      '`true`: `GET /logout/frontchannel?iss=&sid=` ends a session from a frame of the provider’s sign-out page; back-channel logout is safer',
  }),
  /** How the log names the person of a login, logout, refusal or revocation. Default `hash`. */
  logSubject: option(z.enum(['plain', 'hash', 'none'], 'is not a way to name people').default('hash'), {
    variable: 'LOG_SUBJECT',
    meaning:
      'How log lines of logins, logouts, refusals and revocations name the person: `plain` (`sub`), `hash` (keyed by the first session key), `none`',
  }),
  /** Name of the session cookie, which gets a prefix on https and the port on loopback http. Default `foyer`. */
  cookieName: option(
    z
      .string()
      .regex(/^(?!__)[A-Za-z0-9_-]{1,32}$/, 'is not a plain cookie name')
      .default('foyer'),
    {
      variable: 'COOKIE_NAME',
      meaning: 'Name of the session cookie, which gets a prefix on https and the port on loopback http',
      remedy: 'Use 1 to 32 letters, digits, hyphens and underscores, and leave __Host- out.',
    },
  ),
} as const;
