import { Problem } from '../problems.ts';
import type { Query } from './login-hints.ts';

const longestParameter = 8192;

/** The parameters of an authorization response that are used; others that the provider adds have no effect. */
const usedParameters = ['code', 'state', 'iss', 'error'] as const;

/**
 * The parameters that are used, each at most once, without an `error` that is empty; beside them the provider's words for
 * the log, which are not judged. Duplicates, control characters and oversize in them are nothing that
 * a provider sends.
 *
 * @throws Problem `invalid_authorization_response`.
 * @see RFC 6749 section 3.1
 */
export const readResponse = ({ parameters }: Query): URLSearchParams => {
  const used = [...parameters].filter(([name]) => usedParameters.some((one) => one === name));
  const isOdd = used.some(([, value]) => value.length > longestParameter || /\p{Cc}/u.test(value));
  if (isOdd || new Set(used.map(([name]) => name)).size !== used.length) {
    throw new Problem(
      'invalid_authorization_response',
      'A parameter of the callback is doubled, too long or malformed',
    );
  }
  const response = new URLSearchParams(used.filter(([name, value]) => name !== 'error' || value !== ''));
  const description = parameters.get('error_description');
  if (description !== null) response.set('error_description', description);
  return response;
};

/** The `state` that names the pending login. @throws Problem when there is none, or more than one. */
export const readState = (query: Query): string => {
  const state = query.get('state');
  if (state !== undefined) return state;
  const code = query.parameters.size === 0 ? 'login_not_started' : 'invalid_authorization_response';
  throw new Problem(code, 'The callback has no single state');
};
