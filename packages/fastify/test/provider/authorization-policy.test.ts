import { expect, test } from 'vitest';
import type { LoginHints } from '../../src/provider/authorization-policy.ts';
import type { Bends, Json } from './bent-provider.ts';
import { problemCode, startRelyingParty } from './relying-party.ts';

const withClaims = (change: (base: Json) => Json): Bends => ({
  idToken: ({ header, claims }) => ({ header, claims: { ...claims, ...change(claims) } }),
});

test.for<[string, Record<string, string>, LoginHints, Record<string, string | null>]>([
  [
    'the operator’s alone',
    { max_age: '60', acr_values: 'high low' },
    {},
    { max_age: '60', acr_values: 'high low' },
  ],
  ['a link’s alone', {}, { max_age: 5, acr_values: 'low' }, { max_age: '5', acr_values: 'low' }],
  [
    'a link that asks for less',
    { max_age: '60', acr_values: 'high' },
    { max_age: 999, acr_values: 'low' },
    { max_age: '60', acr_values: 'high' },
  ],
  [
    'a link that asks for more',
    { max_age: '60', acr_values: 'high low' },
    { max_age: 0, acr_values: 'high' },
    { max_age: '0', acr_values: 'high' },
  ],
])('max_age and acr_values: %s', async ([, authorizationParams, hints, expected]) => {
  await using party = await startRelyingParty({}, { authorizationParams });
  const { url, checks } = await party.provider.createAuthorizationRequest(hints);
  const { searchParams } = new URL(url);
  for (const [name, value] of Object.entries(expected)) expect(searchParams.getAll(name)).toEqual([value]);
  expect(checks.maxAge).toBe(Number(expected.max_age));
});

test.for<[Record<string, string>, LoginHints, string]>([
  [{ prompt: 'login' }, { prompt: 'none' }, 'login'],
  [{ prompt: 'login' }, {}, 'login'],
  [{}, { prompt: 'consent' }, 'consent'],
])(
  'of the operator’s prompt, %j, and a link’s, %j, %s is sent',
  async ([authorizationParams, hints, sent]) => {
    await using party = await startRelyingParty({}, { authorizationParams });
    const { url } = await party.provider.createAuthorizationRequest(hints);
    expect(new URL(url).searchParams.getAll('prompt')).toEqual([sent]);
  },
);

test.for<[string, (base: Json) => Json, string]>([
  ['without auth_time', () => ({}), 'provider_invalid_response'],
  [
    'with an auth_time that is too old',
    ({ iat }) => ({ auth_time: Number(iat) - 91 }),
    'provider_invalid_response',
  ],
  ['with an auth_time that is text', ({ iat }) => ({ auth_time: String(iat) }), 'provider_invalid_response'],
  ['with a fresh auth_time', ({ iat }) => ({ auth_time: Number(iat) - 60 }), 'it was accepted'],
])('the operator’s max_age is enforced: an ID token %s', async ([, change, outcome]) => {
  await using party = await startRelyingParty(withClaims(change), { authorizationParams: { max_age: '60' } });
  expect(await problemCode(party.login())).toBe(outcome);
});

test.for<[string, Json, string]>([
  ['without acr', {}, 'provider_invalid_response'],
  ['with another acr', { acr: 'low' }, 'provider_invalid_response'],
  ['with acr as a list', { acr: ['high'] }, 'provider_invalid_response'],
  ['with one of them', { acr: 'high' }, 'it was accepted'],
])('the operator’s acr_values are enforced: an ID token %s', async ([, change, outcome]) => {
  await using party = await startRelyingParty(
    withClaims(() => change),
    {
      authorizationParams: { acr_values: 'higher high' },
    },
  );
  expect(await problemCode(party.login())).toBe(outcome);
});
