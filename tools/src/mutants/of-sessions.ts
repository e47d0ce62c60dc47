import type { Mutant } from './mutant.ts';

const limits = 'fastify/session/limits-and-keys';

/** Rules about cookies, sessions and sign-out. */
const ofCookies: readonly Mutant[] = [
  {
    file: 'session/session-cookie.ts',
    find: '; HttpOnly;',
    replace: ';',
    test: 'fastify/login/cookies > on %s every cookie has its attributes, those that are cleared too',
  },
  {
    file: 'session/sealing.ts',
    find: "bytes.toString('base64url') === text ?",
    replace: 'bytes.length > 0 ?',
    test: 'fastify/login/cookies > the session cookie',
  },
  {
    file: 'session/session-reference.ts',
    find: 'text === undefined || another !== undefined ?',
    replace: 'text === undefined ?',
    test: 'fastify/login/cookies > the session cookie',
  },
  {
    file: 'stores/sqlite/sqlite-store.ts',
    find: 'DELETE FROM sessions WHERE id = ? RETURNING expires_at',
    replace: 'UPDATE sessions SET version = version WHERE id = ? RETURNING expires_at',
    test: 'fastify/stores/session-store > %s > an ended session is not written back, and one remover learns that it ended it',
  },
  {
    file: 'tokens/kept-record.ts',
    find: 'if (now === undefined) {',
    replace: 'if (now === undefined) return;\n  if (now === undefined) {',
    test: 'fastify/proxy/one-user > a session that ends while its tokens are refreshed stays ended, and the new token goes nowhere',
  },
  {
    file: 'session/session-records.ts',
    find: 'options.clock() >= session.idleExpiresAt',
    replace: 'false',
    test: `${limits} > polling does not extend a session, using it does, and the absolute limit holds`,
  },
  {
    file: 'session/session-limits.ts',
    find: 'Math.min(idleEnd, expiresAt)',
    replace: 'idleEnd',
    test: 'fastify/session/sessions > the idle limit moves with use, the absolute limit does not',
  },
  {
    file: 'session/sealing.ts',
    find: '  nonce.copy(sealed);',
    replace: '  plain.copy(sealed);',
    test: `${limits} > nothing of a session can be read in its cookie, nor in the files of the store`,
  },
  {
    file: 'routes/logout.ts',
    find: 'await sessions.current(request, { slide: false });',
    replace: "await sessions.close(request, reply, 'logout');",
    test: 'fastify/routes/logout > no GET signs anyone out: a prefetch, an image, a frame or a link, from here or elsewhere',
  },
  {
    file: 'provider/logout-token.ts',
    find: "requireThat(payload.nonce === undefined, 'nonce is present');",
    replace: '',
    test: 'fastify/provider/logout-token > a logout token is refused',
  },
  {
    file: 'provider/logout-token.ts',
    find: "requireThat(iat >= now - maxAgeSeconds - clockTolerance, 'the token is too old');",
    replace: '',
    test: 'fastify/provider/logout-token > a logout token is refused',
  },
  {
    file: 'routes/backchannel-logout.ts',
    find: 'token.jti}`',
    replace: 'Math.random()}`',
    test: 'fastify/routes/logout > a logout token ends the sessions of its time, and a replay ends no later one',
  },
  {
    file: 'proxy/web-socket.ts',
    find: 'cut = () => tunnel.end(sessionEnded',
    replace: 'cut = () => void (sessionEnded',
    test: 'fastify/proxy/web-socket > the end of the session closes it with 4401, and the upstream’s side too',
  },
];

/** Rules about refreshing, and about the tokens of APIs. */
const ofTokens: readonly Mutant[] = [
  {
    file: 'tokens/refresh-lease.ts',
    find: 'if (!(await acquire())) return undefined;',
    replace: 'await acquire();',
    test: 'fastify/tokens/access-token > 100 calls on two instances refresh once',
  },
  {
    file: 'tokens/refresh-failure.ts',
    find: "await sessions.end(id, 'refresh_failed');",
    replace: '',
    test: 'fastify/tokens/access-token > a refused refresh ends the session and says why on the other instance',
  },
  {
    file: 'provider/token-refresh.ts',
    find: 'refusal !== undefined && endsGrant(refusal)',
    replace: 'refusal !== undefined',
    test: 'fastify/provider/token-refresh > a refresh leaves the session',
  },
  {
    file: 'tokens/access-token.ts',
    find: "if (requested.source === 'none') return undefined;",
    replace: '',
    test: 'fastify/proxy/route-tokens > an API whose token is %j is sent %s',
  },
  {
    file: 'tokens/token-grant.ts',
    find: ', refreshToken: successor },',
    replace: ' },',
    test: 'fastify/tokens/target-tokens > a new refresh token of a target’s answer that cannot be judged is kept',
  },
  {
    file: 'tokens/token-grant.ts',
    find: "error.error === 'invalid_grant';",
    replace: 'false;',
    test: 'fastify/tokens/target-tokens > invalid_grant for a target ends the session only when the session’s own token is refused too',
  },
  {
    file: 'proxy/prepared-call.ts',
    find: 'nonce: nonces.of(origin)',
    replace: 'nonce: undefined',
    test: 'fastify/proxy/dpop > an API’s nonce is learnt by one more call, and is in the proofs after that',
  },
];

export const ofSessions: readonly Mutant[] = [...ofCookies, ...ofTokens];
