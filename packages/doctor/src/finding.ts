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

const ofProvider =
  (verdict: Finding['verdict']) =>
  (text: string): Finding => ({ verdict, subject: 'provider', text });

/** Creates a finding about the provider with which sign-in works. */
export const ok = ofProvider('ok');
/** Creates a finding about the provider that the operator should know. */
export const note = ofProvider('note');
/** Creates a finding about the provider with which sign-in fails. */
export const bad = ofProvider('bad');
