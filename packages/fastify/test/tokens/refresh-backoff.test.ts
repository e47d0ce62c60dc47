import { expect, test } from 'vitest';
import { Problem } from '../../src/problems.ts';
import { createRefreshBackoff } from '../../src/tokens/refresh-backoff.ts';

test('a failure of many sessions at once is retried at different times', () => {
  const backoff = createRefreshBackoff();
  const problem = new Problem('provider_invalid_response', 'odd');
  const waitsMs = Array.from({ length: 50 }, (_, n) =>
    backoff.failed(`session-${n}`, { scope: 'session', atLeastMs: 0, problem }),
  );
  expect(new Set(waitsMs).size).toBeGreaterThan(40);
  for (const waitMs of waitsMs) {
    expect(waitMs).toBeGreaterThanOrEqual(500);
    expect(waitMs).toBeLessThanOrEqual(1000);
  }
});
