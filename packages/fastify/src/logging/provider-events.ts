const err = 'the cause';
const session = 'public handle of the session';

/** What is logged of requests to the provider: refreshes and their leases, revocations, userinfo and metadata. */
export const providerEvents = {
  refresh_failed: {
    level: 'warn',
    message: 'the provider ended the grant',
    fields: { session, err },
    when: 'The provider refuses a refresh token; the session has ended',
    remedy: 'If there are many, check the lifetime and the rotation of refresh tokens at the provider',
  },
  refresh_trouble: {
    level: 'warn',
    message: 'the access token could not be refreshed',
    fields: { err },
    when: 'The provider fails during a refresh, or issues no token for what `token` of an API route names; the session stays, the old token is used while it is valid',
    remedy: 'Check the provider, and what it lets this client ask for',
  },
  lease_not_renewed: {
    level: 'warn',
    message: 'a refresh lease could not be renewed',
    fields: { err },
    when: 'The store fails during a refresh; another process may start the same refresh when the lease runs out',
    remedy: 'Check the session store',
  },
  lease_stays: {
    level: 'warn',
    message: 'a refresh lease could not be released: it stays until it expires',
    fields: { err },
    when: 'The store fails after a refresh; other processes wait some seconds before they refresh this session',
    remedy: 'Check the session store',
  },
  revocation_failed: {
    level: 'warn',
    message: 'the refresh token could not be revoked',
    fields: { err },
    when: 'The provider did not revoke the refresh token of a session that has ended',
    remedy: 'The token stays valid at the provider until it expires there. Check the provider',
  },
  userinfo_refused: {
    level: 'warn',
    message: 'userinfo refused the access token: the claims are those of the ID token',
    fields: { status: 'HTTP status of userinfo' },
    when: 'An access token is made for another API than userinfo',
    remedy: 'Nothing, if the ID token has every claim that you need',
  },
  claims_not_renewed: {
    level: 'info',
    message: 'the claims stay as they were: userinfo could not be read again',
    fields: { err },
    when: 'Userinfo fails after a refresh, or is about another person; it is tried again after a later refresh',
    remedy: 'If there are many, check userinfo at the provider',
  },
  provider_undiscovered: {
    level: 'warn',
    message: 'the provider is not discovered yet',
    fields: { err },
    when: 'Discovery fails; it is tried again, and `/readyz` answers 503 until it has succeeded once',
    remedy: 'Check `OIDC_ISSUER` and the way to it: `pnpm run doctor`',
  },
  provider_metadata_stale: {
    level: 'warn',
    message: 'the metadata of the provider could not be read again',
    fields: { err },
    when: 'Metadata is older than an hour, or than the provider says, or in doubt after a failure, and cannot be read again; the last good metadata stays in use',
    remedy: 'Check `OIDC_ISSUER` and the way to it: `pnpm run doctor`',
  },
  provider_endpoint_ignored: {
    level: 'warn',
    message: 'an optional endpoint of the provider cannot be used',
    fields: { endpoint: 'its name in the metadata' },
    when: 'The metadata names an optional endpoint that is no https URL; sign-in works without it',
    remedy: 'Check the metadata at the provider: `pnpm run doctor`',
  },
  pushed_request_refused: {
    level: 'warn',
    message: 'the provider refused a pushed authorization request: it goes by way of the browser',
    fields: { err },
    when: 'The provider has an endpoint for pushed requests, refuses one, and does not require them',
    remedy: 'Allow them for this client at the provider, or set `OIDC_PAR=never`',
  },
  client_key_unusable: {
    level: 'warn',
    message: 'the key or certificate of the client cannot be read again',
    fields: { err },
    when: 'A file of `OIDC_CLIENT_KEY_FILE` or `OIDC_CLIENT_CERT_FILE` has changed and cannot be used; what was read before stays in use',
    remedy: 'Check both files: the certificate has to be that of a key',
  },
} as const;
