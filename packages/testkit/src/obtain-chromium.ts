import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.ts';
import { installWithApt, runSilently } from './programs.ts';

const installWithPlaywright = (): string | undefined => {
  const { resolve } = createRequire(import.meta.url);
  const cli = join(dirname(resolve('playwright-core/package.json')), 'cli.js');
  return runSilently(process.execPath, [cli, 'install', 'chromium']) ? chromium.executablePath() : undefined;
};

/**
 * The path of a Chromium. Installs one when this machine has none: with apt as root on Debian, with Playwright elsewhere.
 * Returns `undefined` when that fails. May take minutes.
 */
export const obtainChromium = (): string | undefined =>
  findChromium() ?? (installWithApt('chromium') ? findChromium() : undefined) ?? installWithPlaywright();
