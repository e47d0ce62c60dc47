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

/** Creates findings about a subject, by verdict. */
export const about = (
  subject: Finding['subject'],
): Readonly<Record<Finding['verdict'], (text: string) => Finding>> => ({
  ok: (text) => ({ verdict: 'ok', subject, text }),
  note: (text) => ({ verdict: 'note', subject, text }),
  bad: (text) => ({ verdict: 'bad', subject, text }),
});

/** Findings about the provider. */
export const { ok, note, bad } = about('provider');
