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

const main = `import { createBffClient } from '@foyer/client';
import { BffProvider } from '@foyer/client/react';
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import dayjs from 'dayjs';
import 'dayjs/locale/de';
import { lazy, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, Link, RouterProvider, useRouteError } from 'react-router-dom';
import { App } from './app.tsx';
import './style.css';

dayjs.locale('de');

const Styled = lazy(async () => ({ default: (await import('./styled.tsx')).Styled }));

const Things = () => {
  const { data = 'none yet' } = useQuery({
    queryKey: ['things'],
    queryFn: async () => (await fetch('/api/things')).status + ' by the query',
  });
  return <p id="query">{data}</p>;
};

const Failing = () => {
  throw new Error('it broke');
};

const Failure = () => {
  const error = useRouteError();
  return <p id="failure">Caught: {error instanceof Error ? error.message : ''}</p>;
};

const Additions = () => (
  <>
    <Things />
    <p id="month">{dayjs('2026-03-01').format('MMMM')}</p>
    <Link to="/styled">Styled</Link>
  </>
);

const router = createBrowserRouter([
  { path: '/additions', element: <Additions />, errorElement: <Failure /> },
  { path: '/styled', element: <Suspense><Styled /></Suspense>, errorElement: <Failure /> },
  { path: '/failing', element: <Failing />, errorElement: <Failure /> },
  { path: '*', element: <App />, errorElement: <Failure /> },
]);

createRoot(document.getElementById('root')!).render(
  <BffProvider client={createBffClient()}>
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </BffProvider>,
);
`;

const files = {
  'src/main.tsx': main,
  'src/styled.tsx':
    'import \'./styled.css\';\nexport const Styled = () => <p id="styled" className="loud">Styled</p>;\n',
  'src/styled.css': '.loud { color: rgb(1, 2, 3); }\n',
};

const colorOf = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).evaluate((element) => getComputedStyle(element).color);

test('a query library, a locale, a style of a lazy view and a router with error elements work in the built starter', async () => {
  await using built = await buildApp({ files, withStarter: true });
  const product = await startWith({ SPA_DIR: built.dir });
  const page = await (await chromium.newContext()).newPage();
  const refused: string[] = [];
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text());
  });
  await page.goto(`${product.url}/additions`);
  await page.getByText('401 by the query').waitFor();
  expect(await page.locator('#month').textContent()).toBe('März');
  await page.getByRole('link', { name: 'Styled' }).click();
  await page.locator('#styled').waitFor();
  await expect.poll(() => colorOf(page, '#styled')).toBe('rgb(1, 2, 3)');
  await page.goto(`${product.url}/failing`);
  await page.getByText('Caught: it broke').waitFor();
  await page.goto(`${product.url}/profile`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  expect(refused).toEqual([]);
  await page.context().close();
  await product.close();
});
