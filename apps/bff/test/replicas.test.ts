import { createBrowser, findRedis, givenRedisUrl } from '@foyer/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFlawless, refreshUnderLoad } from './kit/refresh-under-load.ts';
import { askWho, type ReplicaOptions, type Replicas, startReplicas } from './kit/start-replicas.ts';

const stores: readonly ReplicaOptions['store'][] =
  (findRedis() ?? givenRedisUrl) === undefined ? ['sqlite'] : ['sqlite', 'redis'];

/** Follows an event stream of server-sent events until `wanted` is in it; returns what was sent. */
const readUntil = async (
  url: string,
  cookie: string,
  wanted: string,
  onOpen: () => Promise<void>,
): Promise<string> => {
  const answer = await fetch(`${url}/api/me/events`, { headers: { cookie } });
  let text = '';
  const opened = onOpen();
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes(wanted)) break;
  }
  await opened;
  return text;
};

describe.each(stores)('two processes on one %s', (store) => {
  let replicas: Replicas;

  beforeAll(async () => {
    replicas = await startReplicas({ store });
  });

  afterAll(async () => {
    await replicas[Symbol.asyncDispose]();
  });

  test('a login that began on one is finished by the other', async () => {
    const [one, other] = replicas.all;
    const browser = createBrowser();
    await browser.visit(`${one.url}/login`, { from: `${one.url}/` });
    await browser.submit({ button: 'Ada Lovelace' });
    const start = await fetch(`${one.url}/login?returnTo=/deep?x=1`, { redirect: 'manual' });
    const cookie = start.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    const authorized = await browser.visitWithoutFollowing(start.headers.get('location') ?? '', {
      from: `${one.url}/`,
    });
    const callback = authorized.headers.get('location') ?? '';
    const finished = await fetch(callback.replace(one.url, other.url), {
      headers: { cookie },
      redirect: 'manual',
    });
    expect([finished.status, finished.headers.get('location')]).toEqual([303, '/deep?x=1']);
  });

  test('a session that ends on one is dead on the other at once', async () => {
    const [one, other] = replicas.all;
    const cookie = await replicas.signIn();
    expect([(await askWho(one, cookie)).isSignedIn, (await askWho(other, cookie)).isSignedIn]).toEqual([
      true,
      true,
    ]);
    await fetch(`${one.url}/logout`, {
      method: 'POST',
      headers: { cookie, 'x-csrf': '1' },
      redirect: 'manual',
    });
    expect((await askWho(other, cookie)).isSignedIn).toBe(false);
  });

  test('an event stream of one reports within a second what the other did', async () => {
    const [one, other] = replicas.all;
    const cookie = await replicas.signIn();
    let endedAt = Number.POSITIVE_INFINITY;
    const text = await readUntil(one.url, cookie, 'signed-out', async () => {
      await fetch(`${other.url}/logout`, {
        method: 'POST',
        headers: { cookie, 'x-csrf': '1' },
        redirect: 'manual',
      });
      endedAt = performance.now();
    });
    expect(text).toContain('event: signed-out\ndata: {"reason":"logout"}');
    expect(performance.now() - endedAt).toBeLessThan(1000);
  });
});

describe.each(stores)('a provider that rotates and detects reuse, two processes on one %s', (store) => {
  test('calls across several expiries: one grant each, no answer but 200, no one signed out', async () => {
    const report = await refreshUnderLoad(store, { calls: 300, expiries: 2 });
    expect(report).toMatchObject({ statuses: [200], isSignedIn: true });
    expect(report.expiries).toBeGreaterThanOrEqual(2);
    expect(report.grants).toBe(report.expiries);
    expect(isFlawless(report)).toBe(true);
  });

  test('calls with three tokens of one session: one grant for each that expires, no one signed out', async () => {
    const apiTokens = ['session', { scope: 'openid' }, { scope: 'openid profile' }] as const;
    const report = await refreshUnderLoad(store, { calls: 300, expiries: 6, apiTokens });
    expect(report).toMatchObject({ statuses: [200], isSignedIn: true });
    expect(report.expiries).toBeGreaterThanOrEqual(6);
    expect(isFlawless(report)).toBe(true);
  });
});
