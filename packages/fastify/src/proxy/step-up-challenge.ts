import type { IncomingHttpHeaders } from 'node:http';
import { isAcrList } from '../options/requirement.ts';
import { Problem } from '../problems.ts';
import { stepUpAddress } from '../session/requirement.ts';

const readParameter = (challenge: string, form: RegExp): string => form.exec(challenge)?.[1] ?? '';

/**
 * The problem that an upstream's answer stands for where it asks for a stronger or more recent sign-in.
 *
 * @see RFC 9470 section 3
 */
export const findStepUpChallenge = (
  status: number | undefined,
  headers: IncomingHttpHeaders,
): Problem | undefined => {
  const challenge = String(headers['www-authenticate'] ?? '');
  if (status !== 401 || !/\berror\s*=\s*"?insufficient_user_authentication\b/i.test(challenge))
    return undefined;
  const acrValues = readParameter(challenge, /\bacr_values\s*=\s*"([^"]*)"/i).split(' ');
  const maxAge = readParameter(challenge, /\bmax_age\s*=\s*"?(\d{1,9})\b/i);
  return new Problem('step_up_required', 'The upstream asks for a stronger or more recent sign-in', {
    loginUrl: stepUpAddress({
      acrValues: isAcrList(acrValues) ? acrValues : [],
      maxAge: maxAge === '' ? undefined : Number(maxAge),
    }),
  });
};
