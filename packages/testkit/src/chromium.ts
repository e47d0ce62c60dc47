import { type Browser, chromium } from 'playwright-core';
import { findProgram, isProgram } from './programs.ts';

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** Installation paths on macOS and Windows, which are not on the PATH. */
const installationPaths = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

const flags = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-default-apps',
];

const resolverRules = (hosts: readonly string[]): string => {
  const known = hosts.map((host) => `MAP ${host} 127.0.0.1`);
  const local = ['localhost', '127.0.0.1', '*.localhost'].map((host) => `EXCLUDE ${host}`);
  return `--host-resolver-rules=${[...known, 'MAP * ~NOTFOUND', ...local].join(' , ')}`;
};

/**
 * The path of a Chromium on this machine: `CHROMIUM_PATH`, or else the first known program on `PATH`, at an installation
 * path of macOS or Windows, or installed by Playwright. `undefined` when there is none.
 */
export function findChromium(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = environment;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  return findProgram(programs, PATH) ?? [...installationPaths, chromium.executablePath()].find(isProgram);
}

/** Options of `launchChromium`. */
interface ChromiumOptions {
  /** Whether the back/forward cache is on, as in an ordinary browser. Default `false`. */
  readonly freezesPages?: boolean;
  /** More host names that resolve to this machine. Default: none. */
  readonly hosts?: readonly string[];
}

/** Starts a headless Chromium that can connect to loopback only. Throws when this machine has no Chromium. */
export async function launchChromium({
  freezesPages = false,
  hosts = [],
}: ChromiumOptions = {}): Promise<Browser> {
  const args = [...flags, resolverRules(hosts)];
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('No Chromium was found: install one, or set CHROMIUM_PATH to its program.');
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath,
    args: isRoot ? ['--no-sandbox', ...args] : args,
    ignoreDefaultArgs: freezesPages ? ['--disable-back-forward-cache'] : [],
  });
}
