import { describe, expect, test } from 'vitest';
import { RefreshRefused } from '../../src/provider/provider.ts';
import type { Bends, Json } from './bent-provider.ts';
import { problemCode, problemOf, type RelyingParty, startRelyingParty } from './relying-party.ts';

const contoso = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const fabrikam = '9188040d-6c67-4c5b-b112-36a304b66dad';

/** A provider of many tenants: its metadata names no one of them, its ID tokens one. */
const startTenants = async (
  tenants: readonly string[] | undefined,
  claimsOf: (issuer: string) => Json = (issuer) => ({ iss: `${issuer}/${contoso}/v2.0`, tid: contoso }),
): Promise<RelyingParty> => {
  let origin = '';
  const bends: Bends = {
    discovery: (base) => {
      origin = String(base.issuer);
      return { body: { ...base, issuer: `${origin}/{tenantid}/v2.0` } };
    },
    idToken: ({ header, claims }) => ({ header, claims: { ...claims, ...claimsOf(origin) } }),
  };
  const party = await startRelyingParty(bends, (issuer) => ({
    issuer: `${issuer}/common/v2.0`,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    ...(tenants === undefined ? {} : { tenants }),
  }));
  return party;
};

describe('a provider of many tenants', () => {
  test.for([[[contoso]], [[fabrikam, contoso]], [['*']]])('signs in people of %j', async ([tenants]) => {
    await using party = await startTenants(tenants);
    const issuer = `${party.bent.issuer}/${contoso}/v2.0`;
    expect(await party.login()).toMatchObject({ issuer, sub: 'ada', claims: { tid: contoso } });
    const refreshed = await party.provider.refresh('refresh-token-1', { issuer, sub: 'ada' });
    expect(refreshed.claims).toMatchObject({ iss: issuer });
  });

  test('without accepted tenants no one signs in, and the error names the setting', async () => {
    await using party = await startTenants(undefined);
    expect(String(await problemOf(party.login()))).toContain('set OIDC_TENANTS');
  });

  test.for<[string, (issuer: string) => Json]>([
    ['of another tenant', (issuer) => ({ iss: `${issuer}/${fabrikam}/v2.0`, tid: fabrikam })],
    ['whose iss and tid differ', (issuer) => ({ iss: `${issuer}/${contoso}/v2.0`, tid: fabrikam })],
    [
      'whose tid is an accepted one beside another iss',
      (issuer) => ({ iss: `${issuer}/${fabrikam}/v2.0`, tid: contoso }),
    ],
    ['without tid', (issuer) => ({ iss: `${issuer}/${contoso}/v2.0` })],
    ['with the place itself', (issuer) => ({ iss: `${issuer}/{tenantid}/v2.0`, tid: contoso })],
    ['of another origin', () => ({ iss: `https://other.example/${contoso}/v2.0`, tid: contoso })],
    ['with more of a path', (issuer) => ({ iss: `${issuer}/${contoso}/x/v2.0`, tid: contoso })],
  ])('a token %s is refused', async ([, claimsOf]) => {
    await using party = await startTenants([contoso], claimsOf);
    expect(await problemCode(party.login())).toBe('provider_invalid_response');
  });

  test.for<[string, (issuer: string) => unknown, string | undefined]>([
    ['has a place for tenants', (issuer) => `${issuer}/{tenantid}/v2.0`, undefined],
    ['is that of the token', (issuer) => `${issuer}/${contoso}/v2.0`, undefined],
    ['is empty', () => '', undefined],
    ['is another tenant', (issuer) => `${issuer}/${fabrikam}/v2.0`, 'provider_invalid_response'],
    ['is of another form', (issuer) => `${issuer}/{tenantid}/v1.0`, 'provider_invalid_response'],
    ['is no text', () => 7, 'provider_invalid_response'],
  ])('a key whose issuer %s signs for that one alone', async ([, issuerOf, refusal]) => {
    await using party = await startTenants(['*']);
    const { issuer } = party.bent;
    party.bent.bends = {
      ...party.bent.bends,
      jwks: ({ keys }) => ({
        body: {
          keys: [keys].flat().map((key) => Object.assign({}, key, { issuer: issuerOf(issuer) })),
        },
      }),
    };
    if (refusal === undefined) expect(await party.login()).toMatchObject({ sub: 'ada' });
    else expect(await problemCode(party.login())).toBe(refusal);
  });

  test('a session of one tenant is not refreshed by a token of another', async () => {
    let tenant = contoso;
    await using party = await startTenants(['*'], (issuer) => ({
      iss: `${issuer}/${tenant}/v2.0`,
      tid: tenant,
    }));
    const { issuer, sub } = await party.login();
    tenant = fabrikam;
    const attempt = party.provider.refresh('refresh-token-1', { issuer, sub });
    expect(await problemOf(attempt)).toBeInstanceOf(RefreshRefused);
  });

  test('a session of a tenant that is no longer accepted is over at its next refresh', async () => {
    await using party = await startTenants([contoso]);
    const issuer = `${party.bent.issuer}/${fabrikam}/v2.0`;
    const attempt = party.provider.refresh('refresh-token-1', { issuer, sub: 'ada' });
    expect(await problemOf(attempt)).toBeInstanceOf(RefreshRefused);
  });
});
