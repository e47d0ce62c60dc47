/** A provider to sign in with, in the answer of `GET /api/providers`. */
export interface ProviderSummary {
  /** The value of `provider` at the login address. */
  readonly id: string;
  /** What people read on its button. */
  readonly label: string;
  /** The path where the browser starts a login there; accepts `?returnTo=` beside its own parameter. */
  readonly loginUrl: string;
}

/** The answer of `GET /api/providers`, in the order of the configuration. */
export interface ProviderList {
  readonly providers: readonly ProviderSummary[];
}
