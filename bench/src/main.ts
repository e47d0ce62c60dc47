import { spawnSync } from 'node:child_process';
import { compare } from './arithmetic.ts';
import { writeRatio, writeTable } from './table.ts';
import { measureWhoIsSignedIn } from './works/who-is-signed-in.ts';

const isQuick = process.argv.includes('--quick');
const pace = isQuick ? { rounds: 5, slice: 300, warmUp: 1000 } : { rounds: 15, slice: 1000, warmUp: 3000 };

spawnSync('taskset', ['-pc', '1', String(process.pid)]);
const costs = await measureWhoIsSignedIn(pace, {});
const floor = costs.get('bare Fastify') ?? [];
const rows = [...costs].map(([name, values]) => {
  const { median, spread } = compare(values, floor);
  return [name, writeRatio(median), `${Math.round(spread * 100)} %`];
});
console.log(
  writeTable(
    [
      { title: '/api/me', isNumber: false },
      { title: 'CPU a request', isNumber: true },
      { title: 'spread', isNumber: true },
    ],
    rows,
  ),
);
