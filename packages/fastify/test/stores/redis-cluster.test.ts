import { setTimeout as wait } from 'node:timers/promises';
import { findRedis, startRedisCluster, type TestRedis, type TestRedisCluster } from '@foyer/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSessionStore } from '../../src/stores/open-session-store.ts';
import { sessionTag } from '../../src/stores/redis/redis-scripts.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';

const startOn = async (url: string): Promise<RunningBff> => {
  const bff = await startBff({ sessionStore: await openSessionStore(url) });
  onTestFinished(() => bff[Symbol.asyncDispose]());
  return bff;
};

interface Person {
  readonly cookie: string;
  readonly node: TestRedis;
}

const askWho = async ({ url }: RunningBff, { cookie }: Pick<Person, 'cookie'>) => {
  const answer = await fetch(`${url}/api/me`, { headers: { cookie } });
  const { status, headers } = answer;
  const body: { code?: string; authenticated?: boolean; session?: { id: string } } = JSON.parse(
    await answer.text(),
  );
  return { status, setCookie: headers.getSetCookie(), ...body };
};

const signInPerson = async (cluster: TestRedisCluster, bff: RunningBff): Promise<Person> => {
  const { browser } = await signIn(bff);
  // The first answer to a session clears the cookie that counts its rounds.
  const own = browser.cookies(bff.url).filter(({ name }) => !name.endsWith('-rounds'));
  const cookie = own.map(({ name, value }) => `${name}=${value}`).join('; ');
  const id = (await askWho(bff, { cookie })).session?.id ?? '';
  return { cookie, node: await cluster.nodeOf(sessionTag(id)) };
};

/** Two people whose sessions are on different nodes. */
const signInPair = async (cluster: TestRedisCluster, bff: RunningBff): Promise<readonly [Person, Person]> => {
  const one = await signInPerson(cluster, bff);
  for (;;) {
    const other = await signInPerson(cluster, bff);
    if (other.node !== one.node) return [one, other];
  }
};

/** Several listeners, so that some are likely on each node; returns whether all heard a message of now. */
const listenOften = async (url: string) => {
  const heard = await Promise.all(
    [1, 2, 3, 4, 5].map(async () => {
      const store = await openSessionStore(url);
      onTestFinished(() => store.close());
      const messages = new Set<string>();
      store.subscribe((message) => messages.add(message));
      return messages;
    }),
  );
  let published = 0;
  return async ({ app }: RunningBff): Promise<boolean> => {
    published += 1;
    const message = `message ${published}`;
    await app.foyer.options.sessionStore.publish(message);
    await wait(50);
    return heard.every((messages) => messages.has(message));
  };
};

const signedIn = { status: 200, authenticated: true, setCookie: [] };
const away = { status: 503, code: 'store_unavailable', setCookie: [] };

const expectAway = async (bff: RunningBff, person: Person): Promise<void> => {
  const start = performance.now();
  expect(await askWho(bff, person)).toMatchObject(away);
  expect(performance.now() - start).toBeLessThan(2000);
};

describe.runIf(findRedis() !== undefined)('a cluster of three nodes', () => {
  let cluster: TestRedisCluster;

  beforeAll(async () => {
    cluster = await startRedisCluster();
  });

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  test('one killed: its sessions get 503 and keep their cookies, the others go on; then all go on', async () => {
    const bff = await startOn(cluster.url);
    const [here, there] = await signInPair(cluster, bff);
    const heard = await listenOften(cluster.url);
    await there.node.kill();
    await expectAway(bff, there);
    for (let times = 0; times < 5; times += 1) expect(await askWho(bff, here)).toMatchObject(signedIn);
    await expect.poll(async () => heard(bff)).toBe(true);
    await there.node.restart();
    await expect.poll(() => askWho(bff, there), { timeout: 10_000 }).toMatchObject({ status: 200 });
    expect(await askWho(bff, here)).toMatchObject(signedIn);
  });

  test('one frozen: the same', async () => {
    const bff = await startOn(cluster.url);
    const [here, there] = await signInPair(cluster, bff);
    there.node.pause();
    await expectAway(bff, there);
    for (let times = 0; times < 5; times += 1) expect(await askWho(bff, here)).toMatchObject(signedIn);
    there.node.resume();
    await expect.poll(() => askWho(bff, there), { timeout: 10_000 }).toMatchObject(signedIn);
  });
});
