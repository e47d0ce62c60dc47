import { anyIssuer, issNotAnnounced, madeUpLogin, otherMetadata, unjudged, unsigned } from './edits.ts';
import type { Edit } from './mutant.ts';

/** What breaks the promise of each module of FAPI 2.0. */
export const ofFapi2Modules: Readonly<Record<string, readonly Edit[]>> = {
  'happy-path': [
    {
      file: 'provider/openid-client.ts',
      find: 'request.wasChallenged = true;\n    return askForNonce();',
      replace: 'return request.read(answer, isBound);',
    },
  ],
  'happy-path-no-dpop-nonce': [
    {
      file: 'provider/openid-client.ts',
      find: "const isBound = 'dpop' in headers;",
      replace: 'const isBound = false;',
    },
  ],
  'valid-aud-as-array': [
    {
      file: 'provider/grant.ts',
      find: 'if (claims === undefined) return idToken;',
      replace: "if (claims === undefined || Array.isArray(claims.aud)) return '';",
    },
  ],
  'token-endpoint-response-without-expires_in': [
    {
      file: 'provider/grant.ts',
      find: "if (typeof seconds !== 'number' || !(seconds > 0)) return undefined;",
      replace: "if (typeof seconds !== 'number') throw new TypeError('no time');",
    },
  ],
  'token-type-case-insensitivity': [
    {
      file: 'provider/checks/access-token.ts',
      find: 'token_type.toLowerCase() !== expected.toLowerCase()',
      replace: 'token_type !== expected',
    },
  ],
  'rs-dpop-auth-scheme-case-insensitivity': [
    {
      file: 'provider/provider-errors.ts',
      find: '/\\berror="?(invalid_client',
      replace: '/\\bDPoP error="?(invalid_client',
    },
  ],
  'invalid-iss': [anyIssuer, ...unjudged],
  'invalid-aud': unjudged,
  'invalid-secondary-aud': unjudged,
  'invalid-null-alg': unsigned,
  'invalid-alternate-alg': unsigned,
  'invalid-expired-exp': unjudged,
  'invalid-missing-exp': unjudged,
  'invalid-missing-aud': unjudged,
  'invalid-missing-iss': [anyIssuer, ...unjudged],
  'invalid-nonce': unjudged,
  'invalid-missing-nonce': unjudged,
  'invalid-authorization-response-iss': [
    {
      file: 'provider/login-completion.ts',
      find: 'if (iss !== null && iss !== metadata.issuer)',
      replace: 'if (false)',
    },
    { file: 'provider/login-completion.ts', find: "['code', 'state', 'iss']", replace: "['code', 'state']" },
    issNotAnnounced,
  ],
  'remove-authorization-response-iss': [
    {
      file: 'provider/login-completion.ts',
      find: 'if (iss === null && metadata.authorization_response_iss_parameter_supported)',
      replace: 'if (false)',
    },
    issNotAnnounced,
  ],
  'ensure-authorization-response-with-invalid-state-fails': [madeUpLogin],
  'ensure-authorization-response-with-invalid-missing-state-fails': [
    {
      file: 'login/authorization-response.ts',
      find: "throw new Problem(code, 'The callback has no single state');",
      replace: "return 'none';",
    },
    {
      file: 'provider/login-completion.ts',
      find: "if (parameters.get('state') !== checks.state) throw invalid('state differs');",
      replace: '',
    },
    { file: 'provider/login-completion.ts', find: 'expectedState: checks.state,', replace: '' },
    madeUpLogin,
  ],
  'discovery-issuer-mismatch': [otherMetadata],
};
