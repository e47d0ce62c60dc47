import { findRedis } from '@foyer/testkit';
import { isFlawless, refreshUnderLoad } from './refresh-under-load.ts';

// pnpm bench:refresh: the same as the test, for longer and with more calls.
for (const store of findRedis() === undefined ? (['sqlite'] as const) : (['sqlite', 'redis'] as const)) {
  const report = await refreshUnderLoad(store, { calls: 1000, expiries: 5 });
  const { calls, expiries, grants, statuses, isSignedIn } = report;
  const end = isSignedIn ? 'still signed in' : 'SIGNED OUT';
  console.log(
    `${store}, 2 processes: ${calls} calls, ${expiries} expiries, ${grants} grants, answers ${statuses.join(', ')}, ${end}`,
  );
  if (!isFlawless(report)) process.exitCode = 1;
}
