const err = 'the cause';
const session = 'public handle of the session';
const provider = 'id of the provider, where there are several';

/** Who did it, and from where. */
export const who = {
  subject: 'the person, as `LOG_SUBJECT` names them; missing while no one is known',
  address: 'address of the client',
} as const;

/** Events of sign-ins and sessions, and of the operators who end them. */
export const sessionEvents = {
  login: {
    level: 'info',
    message: 'signed in',
    fields: { session, provider, ...who },
    when: 'A login is finished and its session is open',
  },
  login_not_silent: {
    level: 'info',
    message: 'a sign-in without a question brought no session',
    fields: { reason: 'what the provider answered', provider, ...who },
    when: 'With `prompt=none` the provider wants to ask the person; the browser is back at `returnTo`, as it was',
  },
  logout: {
    level: 'info',
    message: 'signed out',
    fields: { session, provider, ...who },
    when: 'A user has signed out',
  },
  sessions_revoked: {
    level: 'info',
    message: 'sessions were ended from another',
    fields: { session: `${session} that asked for it`, ended: 'how many sessions ended', ...who },
    when: 'A user has ended other sessions of their own',
  },
  backchannel: {
    level: 'info',
    message: 'signed out by the provider',
    fields: { ended: 'how many sessions ended', provider, ...who },
    when: 'The provider has sent a logout token',
  },
  frontchannel: {
    level: 'info',
    message: 'signed out by a frame of the provider',
    fields: { ended: 'how many sessions ended', provider, ...who },
    when: 'The provider’s sign-out page has shown our frame, with `FRONTCHANNEL_LOGOUT=true`',
  },
  backchannel_refused: {
    level: 'warn',
    message: 'logout token refused',
    fields: { reason: 'the check that failed', address: who.address, err },
    when: 'A logout token is not one of the provider’s, is stale or was used before',
    remedy:
      'One may be a probe. When all fail, compare `OIDC_ISSUER`, `OIDC_CLIENT_ID`, `OIDC_ID_TOKEN_ALG` and the clock with the provider: `pnpm run doctor`',
  },
  admin_call: {
    level: 'info',
    message: 'an operator asked for sessions',
    fields: {
      action: '`end` or `count`',
      by: 'what named them: `sub`, `sid` or `id`',
      sessions: 'how many ended, or are there',
      ...who,
    },
    when: 'A call with the right token came to `ADMIN_PORT`',
  },
  admin_refused: {
    level: 'warn',
    message: 'a call of an operator was refused',
    fields: { address: who.address },
    when: 'A call without the right token came to `ADMIN_PORT`',
    remedy: 'Compare the token with `ADMIN_TOKEN`, and close the port to everyone but operators',
  },
  login_rounds: {
    level: 'warn',
    message: 'sign-ins in a row leave no session',
    fields: { rounds: 'how many, within a minute', missing: 'what the last of them lacked' },
    when: 'A browser starts a login again and again, each after one that ended and left no session; it gets a page that names the likely causes',
    remedy:
      'By `missing`: give all replicas the same `SESSION_KEYS` and one `SESSION_STORE`, pass `Cookie` and `Set-Cookie` on, compare the clocks and `PUBLIC_URL`. One browser alone: it blocks cookies',
  },
  expiry_unknown: {
    level: 'warn',
    message: 'the expiry of a session could not be checked',
    fields: { err },
    when: 'The store fails while a stream is open; it is checked again',
    remedy: 'Check the session store',
  },
  end_not_announced: {
    level: 'warn',
    message: 'the end of a session could not be announced to other processes',
    fields: { err },
    when: 'The store fails after a session has ended; streams on other processes find out by polling, some seconds later',
    remedy: 'Check the session store',
  },
  idle_not_extended: {
    level: 'warn',
    message: 'the idle time of a session could not be extended',
    fields: { err },
    when: 'The store can be read and not written; the request is answered, and the next one tries again',
    remedy: 'Check the session store: a file that another program has locked, or a Redis that refuses writes',
  },
  stream_failed: {
    level: 'warn',
    message: 'an event stream was closed: its session could not be read',
    fields: { err },
    when: 'The store fails while an event stream is open; the stream is closed, and the browser reconnects',
    remedy: 'Check the session store',
  },
  persistent_cookie: {
    level: 'warn',
    message: 'sessions outlive the browser: its next user may be signed in',
    fields: {},
    when: 'The server starts with `SESSION_COOKIE=persistent`',
    remedy: 'Where people share computers, leave `SESSION_COOKIE` out',
  },
} as const;
