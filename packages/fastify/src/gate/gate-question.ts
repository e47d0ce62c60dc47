import { readQuery } from '../login/login-hints.ts';
import { parseRequirement, type Requirement } from '../options/requirement.ts';
import { Problem } from '../problems.ts';

/** What a server wants of the gate. */
export interface GateQuestion {
  /** Whether a navigation without a session is sent to the sign-in instead of refused. */
  readonly redirects: boolean;
  /** Whether the access token is wanted too. */
  readonly wantsToken: boolean;
  /** What the session must have. */
  readonly requirement: Requirement | undefined;
}

const refuse = (reason: string, cause?: unknown): Problem => new Problem('bad_request', reason, { cause });

const parseFlag = (value: string | null): boolean => {
  if (value === null || value === 'false') return false;
  if (value === 'true') return true;
  throw refuse('redirect and token of the gate are true or false');
};

const readRequirement = (text: string): Requirement => {
  try {
    return parseRequirement(JSON.parse(text));
  } catch (error) {
    throw refuse('require of the gate is not a requirement as in docs/gate.md', error);
  }
};

/** A misspelt parameter would open the gate: what is not known is refused, and so is what comes twice. */
export const readParameters = (url: string, known: readonly string[]): URLSearchParams => {
  const { parameters } = readQuery(url);
  const names = [...parameters.keys()];
  if (new Set(names).size !== names.length || names.some((name) => !known.includes(name)))
    throw refuse(`The gate knows ${known.join(', ')}, each once`);
  return parameters;
};

/**
 * Reads the query of `GET /gate`.
 *
 * @throws Problem `bad_request` for a parameter that is not known, or not well-formed.
 */
export const parseQuestion = (url: string): GateQuestion => {
  const parameters = readParameters(url, ['redirect', 'token', 'require']);
  const requirement = parameters.get('require');
  return {
    redirects: parseFlag(parameters.get('redirect')),
    wantsToken: parseFlag(parameters.get('token')),
    requirement: requirement === null ? undefined : readRequirement(requirement),
  };
};
