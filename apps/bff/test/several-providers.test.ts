import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, findRedis, freePort, givenRedisUrl } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { startBalancer } from './kit/start-balancer.ts';
import { askWho, startReplicas } from './kit/start-replicas.ts';

/** Two replicas over Redis behind a balancer, with two embedded providers. */
const startBoth = async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const staff = await startDevProvider({ publicUrls: [url] });
  const guests = await startDevProvider({ publicUrls: [url] });
  const providers = Object.entries({ staff, guests }).map(([id, { issuer, clientId, clientSecret }]) => ({
    ...{ id, issuer, clientId, clientSecret },
  }));
  const variables = { PROVIDERS: JSON.stringify(providers) };
  const replicas = await startReplicas({ store: 'redis', balancerPort: port, variables });
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

test.runIf((findRedis() ?? givenRedisUrl) !== undefined)(
  'two providers at once on two replicas over Redis: each person signs in, is known on both, and signs out at their own',
  { timeout: 60_000 },
  async () => {
    const { url, replicas, staff, guests } = await startBoth();
    const people = Object.entries({ staff, guests }).map(([id, provider]) => ({
      ...{ id, provider, browser: createBrowser() },
    }));
    const cookieOf = (browser: (typeof people)[number]['browser']): string =>
      browser
        .cookies(url)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
    for (const { id, browser } of people) {
      await browser.visit(`${url}/login?provider=${id}&returnTo=/${id}`, { from: `${url}/` });
      const page = await browser.submit({ button: 'Ada Lovelace' });
      expect(new URL(page.url).pathname).toBe(`/${id}`);
    }
    for (const { browser } of people)
      for (const replica of replicas.all)
        expect(await askWho(replica, cookieOf(browser))).toMatchObject({ isSignedIn: true });
    for (const { provider, browser } of people) {
      const headers = { accept: 'application/json' };
      const answer = await browser.fetch(`${url}/logout`, { method: 'POST', headers, from: `${url}/` });
      expect(await answer.text()).toContain(`"${provider.issuer}/`);
    }
  },
);
