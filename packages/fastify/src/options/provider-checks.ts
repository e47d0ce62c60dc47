import { type Check, httpsRemedy, isSafeScheme, parseUrl, type Values } from './check.ts';

const asymmetricAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Parameters of the authorization request that are ours alone. */
const reservedParams = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
  'request',
  'request_uri',
  'client_secret',
];

/** A safe URL without credentials, fragment or query. */
export const checkIssuer =
  ({ issuer }: Values): Check =>
  (report) => {
    const url = parseUrl(issuer ?? '');
    if (!url) return report('is not a URL', 'Copy the issuer from the provider: https://tenant.example.');
    if (!isSafeScheme(url)) return report('is not https', httpsRemedy);
    if (url.username !== '' || url.password !== '')
      report('holds credentials', 'Leave user and password out of the URL.');
    if (url.hash !== '') report('has a fragment', 'Leave the part from # on out.');
    if (url.search !== '' && !url.pathname.includes('/.well-known/'))
      report('has a query', 'Leave the part from ? on out.');
  };

/** Given: the client is confidential. */
export const checkClientSecret =
  ({ clientSecret }: Values): Check =>
  (report) => {
    if (clientSecret === undefined || clientSecret === '') {
      report('is missing', 'Copy the client secret from the provider; Foyer is a confidential client.');
    }
  };

/** With `openid` in it. */
export const checkScope =
  ({ scope }: Values): Check =>
  (report) => {
    if (scope !== undefined && !scope.split(' ').includes('openid')) {
      report('does not contain openid', 'Add it: openid profile email.');
    }
  };

/** An asymmetric one. */
export const checkAlgorithm =
  ({ idTokenAlg }: Values): Check =>
  (report) => {
    if (idTokenAlg !== undefined && !asymmetricAlgorithms.includes(idTokenAlg)) {
      report('is not an accepted signature algorithm', `Use one of ${asymmetricAlgorithms.join(', ')}.`);
    }
  };

/** None that is ours alone. */
export const checkAuthorizationParams =
  ({ authorizationParams }: Values): Check =>
  (report) => {
    for (const name of Object.keys(authorizationParams ?? {})) {
      if (reservedParams.includes(name)) report(`sets ${name}, which is Foyer’s own`, 'Leave it out.');
    }
  };

/** A safe URL when its places are filled in. */
export const checkLogoutUrl =
  ({ logoutUrl }: Values): Check =>
  (report) => {
    if (logoutUrl === undefined) return;
    const url = parseUrl(logoutUrl.replaceAll(/\{(client_id|return_to)\}/g, 'x'));
    if (!url)
      report(
        'is not a URL',
        'Give it as https://tenant.example/v2/logout?client_id={client_id}&returnTo={return_to}.',
      );
    else if (!isSafeScheme(url)) report('is not https', httpsRemedy);
  };
