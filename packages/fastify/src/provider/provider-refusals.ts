/** The provider has ended the grant, or broke it: what was refreshed with cannot be used again. */
export class RefreshRefused extends Error {
  override readonly name = 'RefreshRefused';
}

/** A logout token that is not acceptable; the message may be told as `error_description`. */
export class LogoutTokenInvalid extends Error {
  override readonly name = 'LogoutTokenInvalid';
}
