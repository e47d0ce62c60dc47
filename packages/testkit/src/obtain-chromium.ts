import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.ts';
import { installWithApt, runQuietly } from './programs.ts';

const installWithPlaywright = (): string | undefined => {
  const { resolve } = createRequire(import.meta.url);
  const cli = join(dirname(resolve('playwright-core/package.json')), 'cli.js');
  return runQuietly(process.execPath, [cli, 'install', 'chromium']) ? chromium.executablePath() : undefined;
};

/**
 * The path of a Chromium, installed when this machine has none: as root on Debian by apt, elsewhere by
 * Playwright. `undefined` where none can be had. Takes minutes at worst.
 */
export const obtainChromium = (): string | undefined =>
  findChromium() ?? (installWithApt('chromium') ? findChromium() : undefined) ?? installWithPlaywright();
