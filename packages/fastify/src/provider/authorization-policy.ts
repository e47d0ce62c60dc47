import { z } from 'zod';

/** The hints of one login within the operator's policy, and what the callback enforces of them. */
interface TightenedHints extends Pick<AuthorizationChecks, 'maxAge' | 'acrValues'> {
  readonly hints: Readonly<Record<string, string | number | undefined>>;
}

const readMaxAge = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

const splitWords = (text: string | undefined): readonly string[] =>
  (text ?? '').split(' ').filter((word) => word !== '');

/** A link may ask for a part of what the operator accepts, never for something else. */
const tightenAcr = (policy: readonly string[], asked: readonly string[]): readonly string[] => {
  const both = asked.filter((value) => policy.includes(value));
  return both.length > 0 ? both : policy;
};

/**
 * Lets a login ask for more than the operator's authorization parameters do, and never for less: the lower `max_age`,
 * a part of `acr_values`, a `prompt` where the operator has none.
 *
 * @see OpenID Connect Core section 3.1.2.1
 */
export const tightenHints = (
  policy: Readonly<Record<string, string>>,
  { max_age, acr_values, prompt, ...others }: LoginHints,
): TightenedHints => {
  const ages = [readMaxAge(policy.max_age), max_age].filter((age) => age !== undefined);
  const maxAge = ages.length === 0 ? undefined : Math.min(...ages);
  const required = splitWords(policy.acr_values);
  const asked = splitWords(acr_values);
  const wanted = required.length === 0 ? asked : tightenAcr(required, asked);
  const acrValues = wanted.length === 0 ? undefined : wanted;
  const tightened = { prompt: policy.prompt || prompt, max_age: maxAge, acr_values: acrValues?.join(' ') };
  return { hints: { ...others, ...tightened }, maxAge, acrValues };
};

/** What a login transaction keeps of its authorization request until the callback. */
export const authorizationChecks = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  /** Seconds since the person signed in at the provider at most, when the request asked for it. */
  maxAge: z.number().optional(),
  /** The ID token's `acr` has to be one of these, where the operator's parameters or the login ask for one. */
  acrValues: z.array(z.string()).readonly().optional(),
  /** Whether the answer comes to a callback of this provider alone. */
  hasOwnCallback: z.boolean(),
});

/** What the callback of a login is judged by. */
export type AuthorizationChecks = Readonly<z.output<typeof authorizationChecks>>;

/** Optional authorization request parameters that `/login` passes on. */
export interface LoginHints {
  readonly prompt?: string;
  readonly login_hint?: string;
  readonly ui_locales?: string;
  readonly acr_values?: string;
  /** Seconds. */
  readonly max_age?: number;
}
