import { expect, test } from 'vitest';
import { startRelyingParty } from './relying-party.ts';

test('a provider that was down at the start and is back is where a sign-out leads', async () => {
  await using party = await startRelyingParty({ discovery: () => ({ status: 503 }) });
  party.provider.warmUp();
  await expect.poll(() => party.log).toMatchObject([{ event: 'provider_undiscovered' }]);
  party.bent.clock.now += 10_000;
  party.bent.bends = {
    discovery: (base) => ({ body: { ...base, end_session_endpoint: `${base.issuer}/end` } }),
  };
  const url = await party.provider.findEndSession(undefined);
  expect(url?.split('?')[0]).toBe(`${party.bent.issuer}/end`);
});

test('a logout URL of the configuration has its places filled in, encoded', async () => {
  await using party = await startRelyingParty(
    {},
    { clientId: 'a&b', logoutUrl: 'https://id.example/out?client_id={client_id}&to={return_to}' },
  );
  expect(await party.provider.findEndSession(undefined)).toBe(
    'https://id.example/out?client_id=a%26b&to=http%3A%2F%2Flocalhost%3A3000%2Flogout',
  );
});

test('a sign-out waits half a second for a provider that does not answer', async () => {
  await using party = await startRelyingParty({ discovery: () => ({ write: () => undefined }) });
  const start = performance.now();
  expect(await party.provider.findEndSession(undefined)).toBeUndefined();
  expect(performance.now() - start).toBeLessThan(1000);
});
