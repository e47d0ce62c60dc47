import { anyEvent, anyIssuer, noRefetch, otherMetadata, unjudged, unsigned, unverified } from './edits.ts';
import type { Edit } from './mutant.ts';

const atHome = 'if (session === undefined) return reply.redirect(home, 303);';

/** What breaks the promise of each module of the code flow. */
export const ofCodeFlowModules: Readonly<Record<string, readonly Edit[]>> = {
  '': [
    {
      file: 'provider/login-completion.ts',
      find: 'expectedNonce: checks.nonce,',
      replace: 'expectedNonce: checks.state,',
    },
  ],
  '-kid-absent-single-jwks': [
    {
      file: 'provider/key-set.ts',
      find: 'if (isAbsent(kid)) return importThose(() => true);',
      replace: 'if (isAbsent(kid)) return [];',
    },
  ],
  '-kid-absent-multiple-jwks': [
    {
      file: 'provider/key-set.ts',
      find: 'if (isAbsent(kid)) return importThose(() => true);',
      replace: 'if (isAbsent(kid)) return (await importThose(() => true)).slice(0, 1);',
    },
  ],
  '-idtoken-sig-rs256': [
    {
      file: 'provider/checks/algorithm.ts',
      find: 'possible.includes(algorithm)',
      replace: "possible.includes(algorithm) && algorithm !== 'RS256'",
    },
    {
      file: 'provider/checks/algorithm.ts',
      find: "usable.length === 0 ? ['RS256']",
      replace: "usable.length === 0 ? ['ES256']",
    },
  ],
  '-scope-userinfo-claims': [
    {
      file: 'provider/login-completion.ts',
      find: 'overlayClaims(claims, userinfo ?? {})',
      replace: 'overlayClaims(claims, {})',
    },
  ],
  '-client-secret-basic': [
    {
      file: 'provider/openid-client.ts',
      find: "headers.set('authorization',",
      replace: "headers.set('x-authorization',",
    },
  ],
  '-userinfo-bearer-header': [
    {
      file: 'provider/userinfo.ts',
      find: 'fetchUserInfo(config, accessToken,',
      replace: 'fetchUserInfo(config, accessToken.toUpperCase(),',
    },
  ],
  '-userinfo-signed': [
    { file: 'provider/userinfo.ts', find: 'const claims = isSigned ?', replace: 'const claims = false ?' },
  ],
  '-3rd-party-init-login': [
    {
      file: 'routes/login.ts',
      find: 'requireNavigation(request);',
      replace: "if (request.headers['sec-fetch-site'] === 'cross-site') throw new TypeError('another site');",
    },
  ],
  '-nonce-invalid': unjudged,
  '-invalid-iss': [anyIssuer, ...unjudged],
  '-missing-sub': [
    { file: 'provider/id-token.ts', find: 'sub: requireSubject(claims)', replace: "sub: 'ada'" },
    ...unjudged,
  ],
  '-invalid-aud': unjudged,
  '-missing-aud': unjudged,
  '-missing-iat': [
    {
      file: 'provider/checks/issued-at.ts',
      find: "typeof iat !== 'number' || iat > latestSeconds",
      replace: 'false',
    },
    ...unjudged,
  ],
  '-invalid-sig-rs256': [unverified],
  '-idtoken-sig-none': unsigned,
  '-userinfo-invalid-sub': [
    {
      file: 'provider/userinfo.ts',
      find: 'fetchUserInfo(config, accessToken, sub,',
      replace: "fetchUserInfo(config, accessToken, (await import('openid-client')).skipSubjectCheck,",
    },
  ],
  '-discovery-openid-config': [
    {
      file: 'provider/discovery.ts',
      find: 'const { metadata, staleAt } = current() ?? (await fetch());',
      replace: 'const { metadata, staleAt } = await fetch();',
    },
  ],
  '-discovery-jwks-uri-keys': [
    {
      file: 'provider/key-set.ts',
      find: "http.send(url, { headers: { accept: 'application/json' } })",
      replace: "http.send(new URL('/keys', url).href, { headers: { accept: 'application/json' } })",
    },
  ],
  '-discovery-issuer-mismatch': [otherMetadata],
  '-signing-key-rotation': [noRefetch],
  '-signing-key-rotation-just-before-signing': [noRefetch],
  '-refresh-token': [
    {
      file: 'provider/grant.ts',
      find: 'expires_in: readLifetime(expires_in),',
      replace: 'expires_in: undefined,',
    },
  ],
  '-refresh-token-invalid-issuer': [
    { file: 'provider/token-refresh.ts', find: 'claims.iss !== issuer', replace: 'false' },
    anyIssuer,
    ...unjudged,
  ],
  '-refresh-token-invalid-sub': [
    { file: 'provider/token-refresh.ts', find: 'claims.sub !== sub', replace: 'false' },
  ],
  '-rp-init-logout': [
    {
      file: 'provider/end-session.ts',
      find: 'print({ ...parameters, id_token_hint: idToken })',
      replace: 'print(parameters)',
    },
  ],
  '-rp-init-logout-other-state': [
    {
      file: 'routes/logout.ts',
      find: atHome,
      replace: atHome.replace(')', " && !request.url.includes('another'))"),
    },
  ],
  '-rp-init-logout-no-state': [
    {
      file: 'routes/logout.ts',
      find: atHome,
      replace: atHome.replace(')', " && request.url.includes('state='))"),
    },
  ],
  '-rp-backchannel-rpinitlogout': [
    { file: 'routes/backchannel-logout.ts', find: 'await sessions.endAnnounced(token);', replace: '0;' },
  ],
  '-rp-backchannel-rpinitlogout-alg-none': [unverified],
  '-rp-backchannel-rpinitlogout-wrong-alg': [unverified],
  '-rp-backchannel-rpinitlogout-no-event': [
    anyEvent,
    {
      file: 'provider/logout-token.ts',
      find: "requiredClaims = ['iss', 'iat', 'jti', 'events']",
      replace: "requiredClaims = ['iss', 'iat', 'jti']",
    },
  ],
  '-rp-backchannel-rpinitlogout-wrong-event': [anyEvent],
  '-rp-backchannel-rpinitlogout-with-nonce': [
    { file: 'provider/logout-token.ts', find: 'payload.nonce === undefined', replace: 'true' },
  ],
  '-rp-backchannel-rpinitlogout-wrong-aud': [
    { file: 'provider/logout-token.ts', find: 'audience: trust.options.clientId,', replace: '' },
  ],
  '-rp-backchannel-rpinitlogout-wrong-iss': [
    {
      file: 'provider/logout-token.ts',
      find: 'iss !== undefined && isAcceptedIssuer(iss, trust)',
      replace: 'iss !== undefined',
    },
  ],
};
