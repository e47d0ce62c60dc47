import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp } from './build-app.ts';
import { startWith } from './foreign-spa.ts';

let chromium: Browser;

beforeAll(async () => {
  chromium = await launchChromium();
});

afterAll(async () => {
  await chromium.close();
});

const html = (head = ''): string => `<!doctype html><html lang="en"><head><title>Styles</title>${head}</head>
<body><div id="root"></div><script type="module" src="/main.jsx"></script></body></html>`;

/** Opens the page of a built app, and collects what its policy refuses. */
const openApp = async (
  files: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
) => {
  const built = await buildApp({ files });
  const product = await startWith({ SPA_DIR: built.dir, ...variables });
  const page = await (await chromium.newContext()).newPage();
  const refused: string[] = [];
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text());
  });
  await page.goto(product.url);
  await page.locator('#made').waitFor();
  return {
    page,
    refused,
    [Symbol.asyncDispose]: async () => {
      await page.context().close();
      await product.close();
      await built[Symbol.asyncDispose]();
    },
  };
};

const colorOf = (page: Page): Promise<string> =>
  page.locator('#made').evaluate((element) => getComputedStyle(element).color);

test('an app with Emotion is styled as built', async () => {
  await using app = await openApp({
    'index.html': html(),
    'main.jsx': `import { css, jsx } from '@emotion/react';
      import { createRoot } from 'react-dom/client';
      const made = jsx('p', { id: 'made', css: css({ color: 'rgb(1, 2, 3)' }) }, 'Emotion');
      createRoot(document.getElementById('root')).render(made);`,
  });
  expect([await colorOf(app.page), app.refused]).toEqual(['rgb(1, 2, 3)', []]);
});

test('an app with styled-components is styled as built', async () => {
  await using app = await openApp({
    'index.html': html(),
    'main.jsx': `import { createElement } from 'react';
      import { createRoot } from 'react-dom/client';
      import { styled } from 'styled-components';
      const Made = styled.p\`color: rgb(1, 2, 3);\`;
      createRoot(document.getElementById('root')).render(createElement(Made, { id: 'made' }, 'Styled'));`,
  });
  expect([await colorOf(app.page), app.refused]).toEqual(['rgb(1, 2, 3)', []]);
});

test('an inline script, style and handler of the build’s HTML run, and one that is added later does not', async () => {
  const head = `<style>#made { color: rgb(1, 2, 3) }</style><script>window.early = 'yes';</script>
    <link rel="stylesheet" href="/late.css" media="print" onload="this.media='all'">`;
  await using app = await openApp({
    'index.html': html(head),
    'public/late.css': '#made { background-color: rgb(4, 5, 6) }',
    'main.jsx': `document.getElementById('root').innerHTML = '<p id="made">' + window.early + '</p>';`,
  });
  const { page, refused } = app;
  expect([await colorOf(page), await page.locator('#made').textContent()]).toEqual(['rgb(1, 2, 3)', 'yes']);
  await expect
    .poll(() => page.locator('#made').evaluate((element) => getComputedStyle(element).backgroundColor))
    .toBe('rgb(4, 5, 6)');
  expect(refused).toEqual([]);
  await page.evaluate(`const script = document.createElement('script');
    script.textContent = 'window.stolen = true';
    document.body.append(script);`);
  await expect.poll(() => refused.length).toBeGreaterThan(0);
  expect(await page.evaluate('window.stolen')).toBeUndefined();
});

test('styles that a script writes as text take effect with SPA_CSP', async () => {
  const files = {
    'index.html': html('<style>#made { font-weight: 700 }</style>'),
    'main.jsx': `const style = document.createElement('style');
      style.textContent = '#made { color: rgb(1, 2, 3) }';
      document.head.append(style);
      document.getElementById('root').innerHTML = '<p id="made">Text</p>';`,
  };
  await using app = await openApp(files, { SPA_CSP: "style-src 'unsafe-inline'" });
  expect([await colorOf(app.page), app.refused]).toEqual(['rgb(1, 2, 3)', []]);
});
