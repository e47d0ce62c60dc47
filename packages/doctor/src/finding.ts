/** What the doctor found out about one thing. */
export interface Finding {
  /** `bad` makes sign-in fail, `note` is worth knowing. */
  readonly verdict: 'ok' | 'note' | 'bad';
  readonly subject: 'provider' | 'session keys' | 'session store' | 'cookies' | 'clock';
  /** What it is, and where something is to do, what. */
  readonly text: string;
}

/** A finding about the provider. */
export const ofProvider = (verdict: Finding['verdict'], text: string): Finding => ({
  verdict,
  subject: 'provider',
  text,
});
