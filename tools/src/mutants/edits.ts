import type { Edit } from './mutant.ts';

/** openid-client gets no ID token, so that it cannot judge the claims. */
const unseen: Edit = {
  file: 'provider/grant.ts',
  find: 'return Response.json({ ...others, id_token: checkedIdToken(idToken, trust), signed_id_token: idToken });',
  replace: 'return Response.json({ ...others, signed_id_token: idToken });',
};
const unexpected: Edit = {
  file: 'provider/login-completion.ts',
  find: 'expectedNonce: checks.nonce,\n    pkceCodeVerifier: checks.codeVerifier,\n    idTokenExpected: true,',
  replace: 'pkceCodeVerifier: checks.codeVerifier,',
};
/** Without the judgement of openid-client. */
export const unjudged = [unseen, unexpected];
/** Any issuer is accepted. */
export const anyIssuer: Edit = {
  file: 'provider/id-token.ts',
  find: 'iss: requireIssuer(claims, trust)',
  replace: 'iss: trust.issuer',
};
const anyAlgorithm: Edit = {
  file: 'provider/grant.ts',
  find: 'requireKnownAlgorithm(idToken, trust);',
  replace: '',
};
/** The signature of a token is not verified. */
export const unverified: Edit = {
  file: 'provider/signed-token.ts',
  find: "requireCanonicalEncoding(token);\n  const header = readHeader(token);\n  if (header === undefined) throw new errors.JWSInvalid('The token has no readable header');\n  requireAlgorithm(header.alg, trust.algorithms);\n  requireNoExtension(header);\n  const wanted = { header, maySign: createKeyRule(token, trust) };\n  const { payload, protectedHeader } = await trust.keySet(trust.jwksUri, wanted, (key) =>\n    compactVerify(token, key, { algorithms: [...trust.algorithms] }),\n  );",
  replace:
    "const [head = '', body = ''] = token.split('.');\n  const payload = Buffer.from(body, 'base64url');\n  const protectedHeader = JSON.parse(Buffer.from(head, 'base64url').toString());",
};
const anyHash: Edit = {
  file: 'provider/id-token.ts',
  find: 'requireAccessTokenHash(claims, accessToken, header.alg);',
  replace: '',
};
/** Neither signature nor algorithm is looked at. */
export const unsigned = [unverified, anyAlgorithm, anyHash, ...unjudged];
/** Metadata of another issuer is accepted. */
export const otherMetadata: Edit = {
  file: 'provider/metadata.ts',
  find: "if (found.replace(/\\/$/, '') === expected)",
  replace: 'if (true)',
};
/** Keys are not fetched again. */
export const noRefetch: Edit = {
  file: 'provider/key-set.ts',
  find: 'if (keys !== known || !mayBeOfNewKey(error)) throw error;',
  replace: 'throw error;',
};
/** Any event is a back-channel logout. */
export const anyEvent: Edit = {
  file: 'provider/logout-token.ts',
  find: 'isObject(events) && isObject(events[event])',
  replace: 'true',
};
/** openid-client does not know that the provider sends `iss`. */
export const issNotAnnounced: Edit = {
  file: 'provider/openid-client.ts',
  find: '{ ...metadata, id_token_signing',
  replace: '{ ...metadata, authorization_response_iss_parameter_supported: false, id_token_signing',
};
/** A login transaction is made up where there is none. */
export const madeUpLogin: Edit = {
  file: 'login/login-transaction.ts',
  find: "throw new Problem('login_not_started', missingReason(brought.length, sealed));",
  replace:
    "return { provider: options.providers[0].id, checks: { state, nonce: '', codeVerifier: state.padEnd(43, 'a'), hasOwnCallback: false }, returnTo: '/', isQuiet: false, secret: state, startedAt: options.clock() };",
};
