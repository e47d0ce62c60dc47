import { Problem } from '../problems.ts';

/** The provider has ended the grant, or broke it: what was refreshed with cannot be used again. */
export class RefreshRefused extends Error {
  override readonly name = 'RefreshRefused';
}

/** The grant was made, but its ID token cannot be judged for now: the old refresh token is used up all the same. */
export class RefreshUnverified extends Problem {
  readonly refreshToken: string;

  constructor({ code, message, retryAfter = 5 }: Problem, refreshToken: string, cause: unknown) {
    super(code, message, { cause, retryAfter });
    this.refreshToken = refreshToken;
  }
}

/** A logout token that is not acceptable; the message may be told as `error_description`. */
export class LogoutTokenInvalid extends Error {
  override readonly name = 'LogoutTokenInvalid';
}
