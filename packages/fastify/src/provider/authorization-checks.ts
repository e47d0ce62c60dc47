/** What a login transaction keeps of its authorization request until the callback. */
export interface AuthorizationChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Seconds since the person signed in at the provider at most, when the request asked for it. */
  readonly maxAge: number | undefined;
  /** The ID token's `acr` has to be one of these, where the operator's parameters or the login ask for one. */
  readonly acrValues?: readonly string[] | undefined;
}

/** Optional authorization request parameters that `/login` passes on. */
export interface LoginHints {
  readonly prompt?: string;
  readonly login_hint?: string;
  readonly ui_locales?: string;
  readonly acr_values?: string;
  /** Seconds. */
  readonly max_age?: number;
}
