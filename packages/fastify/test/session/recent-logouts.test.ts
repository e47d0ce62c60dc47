import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { CompletedLogin } from '../../src/provider/provider.ts';
import { createRecentLogouts } from '../../src/session/recent-logouts.ts';
import { createStoreIndex } from '../../src/session/session-list.ts';
import { openMemoryStore } from '../../src/stores/sqlite/sqlite-store.ts';

const client = { issuer: 'https://issuer.example', clientId: 'client' };
const start = Date.UTC(2026, 0, 1);

const prepare = () => {
  let now = start;
  let reads = 0;
  const clock = () => now;
  const store = openMemoryStore({ clock });
  onTestFinished(() => store.close());
  const readClaim = async (value: string): Promise<number | undefined> => {
    reads += 1;
    return store.readClaim(value);
  };
  const index = createStoreIndex([randomBytes(32)]);
  const logouts = createRecentLogouts({ clock, loginTimeout: 600 }, { ...store, readClaim }, index);
  return {
    logouts,
    store,
    index,
    at: (time: number) => {
      now = time;
    },
    reads: () => reads,
  };
};

const login = (sub: string, issuedAt: number): CompletedLogin => ({
  ...client,
  provider: 'default',
  sub,
  sid: undefined,
  // That of signed userinfo, which is signed after the ID token.
  claims: { sub, iat: Math.floor(issuedAt / 1000) + 2 },
  idTokenClaims: { sub, iat: Math.floor(issuedAt / 1000) },
  tokens: {
    accessToken: 'token',
    accessTokenExpiresAt: undefined,
    refreshToken: undefined,
    idToken: 'token',
    nonce: undefined,
    scope: undefined,
  },
});

/** Milliseconds from a sign-out to the end of a login that had begun before it. */
const ages = [0, 1, 999, 30_000, 59_000];
/** Seconds of an hour, some of them at the edge of whatever times are taken together. */
const times = Array.from({ length: 120 }, (_, step) => start + step * 29_999);

test.for(['remember', 'rememberEnding'] as const)(
  'a sign-out (%s) at any time covers the logins that are being finished, and none that begins later',
  async (way) => {
    const { logouts, at } = prepare();
    for (const [position, signedOut] of times.entries()) {
      const sub = `person ${position}`;
      at(signedOut);
      await logouts[way]({ ...client, sub, issuedAt: signedOut });
      for (const age of ages) {
        at(signedOut + age);
        expect(await logouts.cover(login(sub, signedOut - 1000), signedOut - 500)).toBe(true);
      }
      at(signedOut + 5000);
      expect(await logouts.cover(login(sub, signedOut + 2000), signedOut + 2000)).toBe(false);
    }
  },
);

test('a login of a person who was not signed out asks the store once for each of its names', async () => {
  const { logouts, reads } = prepare();
  await logouts.remember({ ...client, sub: 'another' });
  const before = reads();
  expect(await logouts.cover({ ...login('ada', start), sid: 'sid' }, start - 2000)).toBe(false);
  expect(reads() - before).toBe(3);
});

test('a sign-out that an earlier build has marked, without a time, covers the login', async () => {
  const { logouts, store, index } = prepare();
  const [session] = index.providerSession({ ...client, sid: 'sid' });
  await store.claim(`signed-out ${session}`, start + 60_000);
  expect(await logouts.cover({ ...login('ada', start), sid: 'sid' }, start)).toBe(true);
});
