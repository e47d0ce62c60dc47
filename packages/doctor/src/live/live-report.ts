import { lookFromOutside } from './outside-view.ts';
import { requirements } from './requirements.ts';

/** What was seen of one requirement. */
export interface LiveFinding {
  readonly verdict: 'ok' | 'bad' | 'note';
  readonly text: string;
}

/**
 * Looks at the deployment at `url` and judges every requirement that can be seen from outside.
 *
 * @throws TypeError when it cannot be reached.
 */
export const examineLive = async (url: string): Promise<readonly LiveFinding[]> => {
  const view = await lookFromOutside(url);
  return requirements.flatMap(({ section, level, text, isSeen }) => {
    if (isSeen === undefined) return [];
    const seen = isSeen(view);
    const verdict = seen === undefined ? 'note' : seen ? 'ok' : level === 'MAY' ? 'note' : 'bad';
    const what = seen === undefined ? ' (does not apply here, or could not be seen)' : '';
    return [{ verdict, text: `${section} ${level}: ${text}${what}` }];
  });
};
