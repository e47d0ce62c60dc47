/** One result of an examination. */
export interface Finding {
  /** `bad`: sign-in fails. `note`: sign-in works, but the operator should know. */
  readonly verdict: 'ok' | 'note' | 'bad';
  readonly subject:
    | 'configuration'
    | 'provider'
    | 'session keys'
    | 'session store'
    | 'cookies'
    | 'clock'
    | 'API routes';
  /** What was found, followed by what to do, if anything. */
  readonly text: string;
}

/** Creates a finding about the provider. */
export const ofProvider = (verdict: Finding['verdict'], text: string): Finding => ({
  verdict,
  subject: 'provider',
  text,
});
