import type { SessionEnding } from './session-ending.ts';
import type { SessionReference } from './session-reference.ts';

/** What a sign-in puts in the place of the sessions that were there before it. */
export interface FreshSession {
  /** A new id and key: an id that a browser brings is never adopted. */
  readonly reference: SessionReference;
  /** Ends the sessions that were there before. To be called when the new one is stored. */
  readonly endEarlier: () => Promise<void>;
}

/**
 * The rule against session fixation: a sign-in never continues a session, it replaces it. `earlier` are the ids of the
 * sessions that it replaces.
 *
 * @see OWASP ASVS 5.0 V7.2.4
 */
export const startFreshSession = (
  reference: SessionReference,
  earlier: readonly (string | undefined)[],
  end: SessionEnding['end'],
): FreshSession => ({
  reference,
  endEarlier: async () => {
    for (const id of new Set(earlier)) if (id !== undefined) await end(id, 'replaced');
  },
});
