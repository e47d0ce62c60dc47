import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { launchChromium } from '@foyer/testkit';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { examinePage, watchShifts } from './examine-page.ts';
import { type ProductOfViews, signIn, startProductOfViews, type View, views } from './views.ts';

const screens: Readonly<Record<string, BrowserContextOptions>> = {
  'desktop-light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'desktop-dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  'desktop-zoomed': { viewport: { width: 640, height: 400 }, colorScheme: 'light', deviceScaleFactor: 2 },
  'phone-light': { viewport: { width: 320, height: 640 }, colorScheme: 'light', deviceScaleFactor: 2 },
  'phone-dark': { viewport: { width: 320, height: 640 }, colorScheme: 'dark', deviceScaleFactor: 2 },
};

interface Shot {
  readonly view: View;
  readonly screen: string;
  readonly folder: string;
}

/** Takes one picture and says what is wrong with the page. */
const takeOne = async (
  browser: Browser,
  product: ProductOfViews,
  { view, screen, folder }: Shot,
): Promise<readonly string[]> => {
  const context = await browser.newContext({ ...screens[screen], reducedMotion: 'reduce', locale: 'en-GB' });
  const page = await context.newPage();
  if (view.isSignedIn) await signIn(page, product, '/');
  await watchShifts(page);
  await view.go(page, product);
  const findings = await examinePage(page);
  await page.screenshot({ path: join(folder, `${view.name}-${screen}.png`), fullPage: true });
  if (view.isSignedIn) await page.request.post(`${product.url}/logout`, { headers: { 'x-csrf': '1' } });
  await context.close();
  return findings.map((finding) => `${view.name} on ${screen}: ${finding}`);
};

/** Usage: `pnpm screenshots [folder]`; takes and examines every view on every screen. Default folder: `.screenshots`. */
const folder = resolve(process.argv[2] ?? '.screenshots');
await mkdir(folder, { recursive: true });
const [product, browser] = await Promise.all([startProductOfViews(), launchChromium()]);
const findings: string[] = [];
try {
  for (const view of views) {
    const taken = Object.keys(screens).map((screen) => takeOne(browser, product, { view, screen, folder }));
    findings.push(...(await Promise.all(taken)).flat());
  }
} finally {
  await browser.close();
  await product.close();
}
console.log(`${views.length * Object.keys(screens).length} screenshots in ${folder}`);
for (const finding of findings) console.error(finding);
process.exitCode = findings.length === 0 ? 0 : 1;
