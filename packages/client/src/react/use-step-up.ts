import { useEffect, useRef, useState } from 'react';
import { useBffClient } from './bff-provider.tsx';
import { useUser } from './use-session.ts';

/** What a user had typed when the browser left. */
interface Draft {
  readonly sub: string;
  readonly text: string;
}

const parseDraft = (json: string | null): Draft | undefined => {
  const value: unknown = JSON.parse(json ?? 'null');
  if (typeof value !== 'object' || value === null || !('sub' in value) || !('text' in value))
    return undefined;
  const { sub, text } = value;
  return typeof sub === 'string' && typeof text === 'string' ? { sub, text } : undefined;
};

/** A browser that keeps no storage keeps no drafts. */
const readDraft = (key: string): Draft | undefined => {
  try {
    return parseDraft(sessionStorage.getItem(key));
  } catch {
    return undefined;
  }
};

const writeDraft = (key: string, draft: Draft | undefined): void => {
  try {
    if (draft === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // The draft is lost when the browser leaves, as without this hook.
  }
};

/**
 * Keeps what the user has typed while the browser is away for a stronger sign-in that an API asked for. `read` is called
 * before it leaves; back on the view of the same `name`, the hook returns that text to the same user, once. Several fields
 * are one text as JSON.
 *
 * @see RFC 9470 section 3
 */
export const useStepUp = (name: string, read: () => string): string | undefined => {
  const client = useBffClient();
  const sub = useUser()?.sub;
  const key = `foyer draft ${name}`;
  const [draft] = useState(() => readDraft(key));
  const latest = useRef({ read, sub });
  useEffect(() => {
    latest.current = { read, sub };
  });
  useEffect(() => {
    writeDraft(key, undefined);
    const unfollow = client.onStepUp(() => {
      const { current } = latest;
      if (current.sub !== undefined) writeDraft(key, { sub: current.sub, text: current.read() });
    });
    return () => {
      unfollow();
      // The browser stayed after all: the draft would come back to a view that was finished without it.
      writeDraft(key, undefined);
    };
  }, [client, key]);
  return draft !== undefined && draft.sub === sub ? draft.text : undefined;
};
