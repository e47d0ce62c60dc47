import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { freePort, launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';

const site = resolve(import.meta.dirname, '../../../.docs');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** The file of an address, as static hosts find it for a site with clean addresses. */
const findFile = (pathname: string): string | undefined =>
  [pathname, `${pathname}.html`, join(pathname, 'index.html')]
    .map((path) => join(site, decodeURIComponent(path)))
    .find((path) => extname(path) !== '' && existsSync(path));

const serveSite = async () => {
  const server = createServer(async ({ url = '/' }, response) => {
    const file = findFile(new URL(url, 'http://localhost').pathname);
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': types[extname(file ?? 'x.html')] ?? 'application/octet-stream',
    });
    response.end(await readFile(file ?? join(site, '404.html')));
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
};

/** Everything on a page that a reader would stumble over. */
const examine = async (page: Page, url: string, path: string): Promise<readonly string[]> => {
  const findings: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) findings.push(`the console says: ${message.text()}`);
  });
  page.on('pageerror', (error) => findings.push(`a script fails: ${error.message}`));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== url && protocol !== 'data:') findings.push(`asks another origin: ${request.url()}`);
  });
  page.on('response', (answer) => {
    if (answer.status() >= 400) findings.push(`${answer.url()} is answered ${answer.status()}`);
  });
  await page.goto(url + path, { waitUntil: 'networkidle' });
  const { headings, overflow, links } = await page.evaluate(() => ({
    headings: document.querySelectorAll('main h1').length,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    links: [...document.querySelectorAll<HTMLAnchorElement>('a[href]')].map(({ href }) => href),
  }));
  if (headings !== 1) findings.push(`has ${headings} first headings`);
  if (overflow > 0) findings.push(`is ${overflow} pixels wider than its screen`);
  findings.push(...(await findDeadLinks(url, links)));
  page.removeAllListeners();
  return findings;
};

/** Links within the site whose page, or whose heading on this very page, is missing. */
const findDeadLinks = async (url: string, links: readonly string[]): Promise<readonly string[]> => {
  const dead: string[] = [];
  for (const link of new Set(links)) {
    const { origin, pathname, hash } = new URL(link);
    if (origin !== url) continue;
    const file = findFile(pathname);
    if (file === undefined) dead.push(`leads to ${pathname}, which is not there`);
    else if (hash !== '') {
      const id = decodeURIComponent(hash.slice(1));
      if (!(await readFile(file, 'utf8')).includes(`id="${id}"`))
        dead.push(`leads to ${pathname}${hash}, a heading that is not there`);
    }
  }
  return dead;
};

const screens = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

const walk = async (
  browser: Browser,
  url: string,
  screen: keyof typeof screens,
): Promise<readonly string[]> => {
  const paths = globSync('**/*.html', { cwd: site })
    .filter((path) => path !== '404.html')
    .map((path) => `/${path.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`);
  if (paths.length < 30) throw new Error(`The site has ${paths.length} pages: build it first`);
  const page = await browser.newPage({ viewport: screens[screen] });
  const findings: string[] = [];
  for (const path of paths.sort())
    findings.push(...(await examine(page, url, path)).map((finding) => `${path} on a ${screen} ${finding}`));
  await page.close();
  console.log(`${paths.length} pages on a ${screen}`);
  return findings;
};

/** Usage: `pnpm docs:walk`; opens every page of the built site, on a phone and a desktop, and follows its links. */
const server = await serveSite();
const browser = await launchChromium();
const found: string[] = [];
try {
  for (const screen of ['phone', 'desktop'] as const)
    found.push(...(await walk(browser, server.url, screen)));
} finally {
  await browser.close();
  server.close();
}
for (const finding of new Set(found)) console.error(finding);
process.exitCode = found.length === 0 ? 0 : 1;
