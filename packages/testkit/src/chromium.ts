import { type Browser, chromium } from 'playwright-core';
import { findProgram, isProgram } from './programs.ts';

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** Where macOS and Windows keep them, off the PATH. */
const places = [
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
 * The path of a Chromium of this machine: `CHROMIUM_PATH`, or else the first known program on `PATH`, in the
 * places of macOS and Windows, or of Playwright. `undefined` when there is none.
 */
export function findChromium(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = environment;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  return findProgram(programs, PATH) ?? [...places, chromium.executablePath()].find(isProgram);
}

/** What a test wants of its Chromium. */
interface ChromiumOptions {
  /** Whether pages that were left are frozen and brought back, as in a browser that people use. Default `false`. */
  readonly freezesPages?: boolean;
  /** More names that lead to this machine. Default none. */
  readonly hosts?: readonly string[];
}

/** Starts a Chromium without a window that reaches loopback only. Throws when this machine has none. */
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
