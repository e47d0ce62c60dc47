import type { Finding } from '../finding.ts';
import { lookFromOutside } from './outside-view.ts';
import { type Requirement, requirements } from './requirements.ts';

/** The result for one requirement. */
type LiveFinding = Pick<Finding, 'verdict' | 'text'>;

const judge = (isHeld: boolean | undefined, level: Requirement['level']): LiveFinding['verdict'] => {
  if (isHeld === true) return 'ok';
  return isHeld === undefined || level === 'MAY' ? 'note' : 'bad';
};

/**
 * Sends requests to the deployment at `url` and judges every requirement that can be checked from outside.
 *
 * @throws TypeError when it cannot be reached.
 */
export const examineLive = async (url: string): Promise<readonly LiveFinding[]> => {
  const view = await lookFromOutside(url);
  return requirements.flatMap(({ section, level, text, isSeen }) => {
    if (isSeen === undefined) return [];
    const seen = isSeen(view);
    const what = seen === undefined ? ' (does not apply here, or cannot be checked from outside)' : '';
    return [{ verdict: judge(seen, level), text: `${section} ${level}: ${text}${what}` }];
  });
};
