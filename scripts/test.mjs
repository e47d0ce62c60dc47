import { spawn } from 'node:child_process';
import { obtainChromium } from '../packages/testkit/src/obtain-chromium.ts';
import { givenRedisUrl, obtainRedis } from '../packages/testkit/src/redis.ts';

// The browser tests open the built SPA, so it is built before anything is tested.
const run = (command, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });

const filters = process.argv.slice(2);
const browser = obtainChromium();
if (browser === undefined) {
  console.log(
    'No Chromium is here or can be installed; browser tests are left out. Set CHROMIUM_PATH to one.',
  );
  filters.push('--project=!e2e');
} else process.env.CHROMIUM_PATH = browser;
const redis = obtainRedis();
if (redis === undefined)
  console.log(
    givenRedisUrl === undefined
      ? 'No redis-server or valkey-server is here or can be installed; tests with Redis are left out.'
      : 'Redis is the one at REDIS_URL; tests that stop a Redis of their own are left out.',
  );
// By the Node that runs this, so that another one can try the suite: npx --package node@26 -c 'node scripts/test.mjs'
const runTool = (path, args) => run(process.execPath, [`node_modules/${path}`, ...args]);
const built = await runTool('vite/bin/vite.js', ['build', 'apps/web', '--logLevel', 'warn']);
const tested =
  built === 0
    ? await runTool('vitest/vitest.mjs', ['run', '--reporter=default', '--reporter=json', ...filters])
    : built;
const isIncomplete = browser === undefined || (redis ?? givenRedisUrl) === undefined;
const isWhole = browser !== undefined && redis !== undefined && process.argv.length === 2;
const held =
  tested === 0 && isWhole ? await run(process.execPath, ['tools/src/hold-conformance.ts']) : tested;
process.exitCode = isIncomplete && process.env.CI === 'true' ? 1 : held;
