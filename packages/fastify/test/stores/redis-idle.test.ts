import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { findRedis, startRedis } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openSessionStore } from '../../src/index.ts';
import { session } from '../kit/session-store-suite.ts';

const idleLimitMs = 1800;

/** A firewall before a Redis: it forgets connections that are idle, and what is sent on them afterwards is lost. */
const startFirewall = async (port: number) => {
  let forgotten = 0;
  let pings = 0;
  const firewall = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on('data', (piece) => {
      if (piece.toString('latin1').toLowerCase().includes('ping')) pings += 1;
      far.write(piece);
    });
    far.on('data', (piece) => near.write(piece));
    near.setTimeout(idleLimitMs, () => {
      forgotten += 1;
      near.removeAllListeners('data').resume();
    });
    for (const side of [near, far]) side.on('error', end).on('close', end);
  }).listen(0, '127.0.0.1');
  await once(firewall, 'listening');
  const address = firewall.address();
  if (address === null || typeof address === 'string') throw new TypeError('The firewall has no port');
  onTestFinished(() => {
    firewall.close();
  });
  return {
    url: `redis://127.0.0.1:${address.port}`,
    forgotten: () => forgotten,
    pings: () => pings,
  };
};

test.runIf(findRedis() !== undefined)(
  'a Redis connection that nothing was asked on is still good behind a firewall that forgets idle ones',
  async () => {
    await using redis = await startRedis();
    const firewall = await startFirewall(redis.port);
    const store = await openSessionStore(firewall.url);
    onTestFinished(() => store.close());
    const one = session();
    await store.insert(one);
    // One ping a second on each of the two connections: several times the idle limit.
    await vi.waitFor(() => expect(firewall.pings()).toBeGreaterThan(8), { timeout: 10_000 });
    expect(firewall.forgotten()).toBe(0);
    expect(await store.read(one.id)).toMatchObject({ id: one.id });
  },
);
