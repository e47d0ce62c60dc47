import { duplexPair } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openTunnel } from '../../src/proxy/web-socket-tunnel.ts';

test.for(['browser', 'upstream'] as const)(
  'a WebSocket that only its %s has ended is cut after five seconds',
  async (ending) => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const [browser, browserEnd] = duplexPair();
    const [upstream, upstreamEnd] = duplexPair();
    let closed = 0;
    openTunnel(browser, upstream, () => (closed += 1));
    // The other one hears of the end, and keeps its own half open.
    const ended = vi.fn();
    (ending === 'browser' ? upstreamEnd : browserEnd).on('end', ended).resume();
    (ending === 'browser' ? browserEnd : upstreamEnd).end();
    await expect.poll(() => ended).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(4900);
    expect([browser.destroyed, upstream.destroyed, closed]).toEqual([false, false, 0]);
    vi.advanceTimersByTime(100);
    expect([browser.destroyed, upstream.destroyed]).toEqual([true, true]);
    await expect.poll(() => closed).toBe(1);
  },
);
