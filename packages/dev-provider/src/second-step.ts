import { interactionPolicy } from 'oidc-provider';

/** How strongly a person can sign in here, as `acr` says it: by a click, or by a click that stands for a second step too. */
export const acrValues = {
  password: 'urn:foyer:dev:password',
  secondStep: 'urn:foyer:dev:second-step',
} as const;

/** Whether the `acr_values` of an authorization request ask for the second step. */
export const asksForSecondStep = (asked: unknown): boolean =>
  String(asked ?? '')
    .split(' ')
    .includes(acrValues.secondStep);

/** What a sign-in is reported as. @see RFC 8176 section 2 */
export const authenticationOf = (hasSecondStep: boolean): { acr: string; amr: string[] } =>
  hasSecondStep
    ? { acr: acrValues.secondStep, amr: ['pwd', 'otp', 'mfa'] }
    : { acr: acrValues.password, amr: ['pwd'] };

/**
 * The library's policy, and one rule more: who asks for the second step gets a sign-in page when the session at the
 * provider was begun without it.
 *
 * @see RFC 9470 section 5
 */
export const createPolicy = (): interactionPolicy.DefaultPolicy => {
  const policy = interactionPolicy.base();
  const check = new interactionPolicy.Check('acr_values', 'A second step is needed', ({ oidc }) => {
    const hasIt = oidc.session?.acr === acrValues.secondStep || oidc.result?.login !== undefined;
    return asksForSecondStep(oidc.params?.acr_values) && !hasIt;
  });
  policy.get('login')?.checks.add(check);
  return policy;
};
