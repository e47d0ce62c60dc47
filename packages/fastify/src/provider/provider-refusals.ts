/** The provider has ended the grant, or broke it: what was refreshed with cannot be used again. */
export class RefreshRefused extends Error {
  override readonly name = 'RefreshRefused';
}

/**
 * The provider issues no token for what was asked: an audience, resource, scope or grant type that it does not allow.
 * Whether the session's own grant still stands is another question.
 */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
  /** The provider's OAuth error code. */
  readonly error: string;

  constructor(message: string, error: string, cause: unknown) {
    super(message, { cause });
    this.error = error;
  }
}

/** A logout token that is not acceptable; the message may be shown as `error_description`. */
export class LogoutTokenInvalid extends Error {
  override readonly name = 'LogoutTokenInvalid';
}
