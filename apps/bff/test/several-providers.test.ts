import { randomBytes } from 'node:crypto';
import { type DevProvider, type DevProviderOptions, startDevProvider } from '@foyer/dev-provider';
import { createBrowser, findRedis, freePort, givenRedisUrl } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { startBalancer } from './kit/start-balancer.ts';
import { askWho, type ReplicaOptions, startReplicas } from './kit/start-replicas.ts';
import { startUpstream } from './kit/start-upstream.ts';

/** How the two providers and the two replicas differ from the defaults. */
interface Setting {
  readonly provider?: Partial<DevProviderOptions>;
  readonly replicas?: Partial<ReplicaOptions>;
}

/** Two replicas over Redis behind a balancer, with two embedded providers. */
const startBoth = async (setting: Setting = {}) => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const staff = await startDevProvider({ publicUrls: [url], ...setting.provider });
  const guests = await startDevProvider({ publicUrls: [url], ...setting.provider });
  const providers = Object.entries({ staff, guests }).map(([id, { issuer, clientId, clientSecret }]) => ({
    ...{ id, issuer, clientId, clientSecret },
  }));
  const variables = { PROVIDERS: JSON.stringify(providers), ...setting.replicas?.variables };
  const replicas = await startReplicas({
    ...setting.replicas,
    ...{ store: 'redis', balancerPort: port, variables },
  });
  const balancer = await startBalancer(
    port,
    replicas.all.map((replica) => replica.url),
  );
  onTestFinished(async () => {
    await balancer[Symbol.asyncDispose]();
    await replicas[Symbol.asyncDispose]();
    await Promise.all([staff.close(), guests.close()]);
  });
  await expect.poll(() => balancer.ready().length, { timeout: 10_000 }).toBe(2);
  return { url, replicas, staff, guests };
};

type Both = Awaited<ReturnType<typeof startBoth>>;

/** Signs a person in at each provider; returns their browsers and where they ended. */
const signInBoth = async ({ url, staff, guests }: Both) => {
  const people = Object.entries({ staff, guests }).map(([id, provider]) => ({
    ...{ id, provider, browser: createBrowser() },
  }));
  return Promise.all(
    people.map(async ({ id, provider, browser }) => {
      await browser.visit(`${url}/login?provider=${id}&returnTo=/${id}`, { from: `${url}/` });
      const page = await browser.submit({ button: 'Ada Lovelace' });
      expect(new URL(page.url).pathname).toBe(`/${id}`);
      const cookie = browser
        .cookies(url)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
      return { provider, browser, cookie };
    }),
  );
};

const withRedis = test.runIf((findRedis() ?? givenRedisUrl) !== undefined);

withRedis(
  'two providers at once on two replicas over Redis: each person signs in, is known on both, and signs out at their own',
  { timeout: 60_000 },
  async () => {
    const both = await startBoth();
    const { url, replicas } = both;
    const people = await signInBoth(both);
    for (const { cookie } of people)
      for (const replica of replicas.all)
        expect(await askWho(replica, cookie)).toMatchObject({ isSignedIn: true });
    for (const { provider, browser } of people) {
      const headers = { accept: 'application/json' };
      const answer = await browser.fetch(`${url}/logout`, { method: 'POST', headers, from: `${url}/` });
      expect(await answer.text()).toContain(`"${provider.issuer}/`);
    }
  },
);

/** Demands a proof with its nonce for every token, rotates refresh tokens, and ends the grant when one is used twice. */
const demanding: Partial<DevProviderOptions> = {
  ttl: { accessToken: 4 },
  configure: (base) => ({
    ...base,
    features: {
      ...base.features,
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    },
  }),
};

const countRefreshes = ({ provider }: DevProvider): { count: number } => {
  const refreshes = { count: 0 };
  provider.on('grant.success', ({ oidc }) => {
    if (oidc.params?.grant_type === 'refresh_token') refreshes.count += 1;
  });
  return refreshes;
};

withRedis(
  'a storm of refreshes at two providers on two replicas, bound by DPoP with nonces: a grant for each expiry, no one is lost',
  { timeout: 90_000 },
  async () => {
    const sent: string[] = [];
    using upstream = await startUpstream(({ authorization, dpop }) => sent.push(`${authorization} ${dpop}`));
    const variables = { OIDC_DPOP: 'on' };
    const both = await startBoth({
      provider: demanding,
      replicas: { apiUpstream: upstream.url, variables },
    });
    const grants = [countRefreshes(both.staff), countRefreshes(both.guests)];
    const people = await signInBoth(both);
    const statuses = new Set<number>();
    const call = async (cookie: string, at: number): Promise<void> => {
      const { url } = both.replicas.all[at % 2 === 0 ? 0 : 1];
      const answer = await fetch(`${url}/api/things`, { headers: { cookie } });
      await answer.text();
      statuses.add(answer.status);
    };
    const deadline = performance.now() + 60_000;
    while (grants.some(({ count }) => count < 3) && performance.now() < deadline)
      await Promise.all(
        Array.from({ length: 20 }, (_none, at) => people.map(({ cookie }) => call(cookie, at))).flat(),
      );
    expect([...statuses]).toEqual([200]);
    for (const { count } of grants) expect(count).toBeGreaterThanOrEqual(3);
    const tokens = new Set(sent.map((line) => line.split(' ', 2).join(' ')));
    expect(tokens.size - people.length).toBe(grants.reduce((sum, { count }) => sum + count, 0));
    expect([...tokens].every((token) => token.startsWith('DPoP '))).toBe(true);
    expect(new Set(sent).size).toBe(sent.length);
    for (const { cookie } of people)
      for (const replica of both.replicas.all)
        expect(await askWho(replica, cookie)).toMatchObject({ isSignedIn: true });
  },
);
