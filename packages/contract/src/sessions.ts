/** One of this user's sessions, as `GET /api/me/sessions` lists them. Times are ISO 8601 in UTC. */
export interface SessionSummary {
  /** The public handle: the `{id}` of `DELETE /api/me/sessions/{id}`. */
  readonly id: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  /** In words: `Firefox`, `Safari`, `an unknown browser`. */
  readonly browser: string;
  /** In words: `Windows`, `iPhone`, `an unknown system`. */
  readonly system: string;
  /** Whether it is the session that asks. */
  readonly current: boolean;
}

/** The answer of `GET /api/me/sessions`, the newest first. */
export interface SessionList {
  readonly sessions: readonly SessionSummary[];
}

/** The answer of `DELETE /api/me/sessions` and `DELETE /api/me/sessions/{id}`. */
export interface EndedSessions {
  readonly ended: number;
}

/** The answer of `POST /logout` to a request that accepts JSON: where the browser goes next. */
export interface LogoutAnswer {
  readonly redirectTo: string;
}
