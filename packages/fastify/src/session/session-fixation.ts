import type { SessionEnding } from './session-ending.ts';

/**
 * The rule against session fixation: a sign-in never continues a session, and never adopts an id that a browser brings. It
 * ends the sessions that were there before it, as soon as the new one is stored.
 *
 * @see OWASP ASVS 5.0 V7.2.4
 */
export const endEarlierSessions = async (
  earlier: readonly (string | undefined)[],
  end: SessionEnding['end'],
): Promise<void> => {
  for (const id of new Set(earlier)) if (id !== undefined) await end(id, 'replaced');
};
