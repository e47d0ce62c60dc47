import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { obtainChromium } from '../packages/testkit/src/obtain-chromium.ts';
import { givenRedisUrl, obtainRedis } from '../packages/testkit/src/redis.ts';

// Builds the SPA, which the browser tests open, then runs the tests.
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
    'There is no Chromium, and none can be installed. Browser tests are skipped. Set CHROMIUM_PATH to run them.',
  );
  filters.push('--project=!e2e');
} else process.env.CHROMIUM_PATH = browser;
const redis = obtainRedis();
if (redis === undefined)
  console.log(
    givenRedisUrl === undefined
      ? 'There is no redis-server or valkey-server, and none can be installed. Tests with Redis are skipped.'
      : 'The tests use the Redis at REDIS_URL. Tests that start and stop their own Redis are skipped.',
  );
// Uses the Node that runs this script, so another version can run the suite:
// npx --package node@26 --package pnpm@12 -c 'node scripts/test.mjs'. What that npx was given is not for the npx of a test.
for (const name of ['npm_config_call', 'npm_config_package']) delete process.env[name];
// Last, since a Node is among the tools.
process.env.PATH += `${delimiter}${join(import.meta.dirname, '../node_modules/.bin')}`;
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
