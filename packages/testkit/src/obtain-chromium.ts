import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.ts';

const minutes = 60_000;

const run = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore', timeout: 5 * minutes }).status === 0;

const installWithApt = (): string | undefined => {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return undefined;
  const isInstalled =
    run('apt-get', ['update', '-qq']) &&
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  return isInstalled ? findChromium() : undefined;
};

const installWithPlaywright = (): string | undefined => {
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  return run(process.execPath, [cli, 'install', 'chromium']) ? chromium.executablePath() : undefined;
};

/**
 * The path of a Chromium, installed when this machine has none: as root on Debian by apt, elsewhere by
 * Playwright. `undefined` where none can be had. Takes minutes at worst.
 */
export const obtainChromium = (): string | undefined =>
  findChromium() ?? installWithApt() ?? installWithPlaywright();
