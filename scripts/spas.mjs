import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevProvider } from '../packages/dev-provider/src/index.ts';
import { freePort, launchChromium } from '../packages/testkit/src/index.ts';
import { answers, root, run, startProcess, until } from './processes.mjs';

// Generates SPAs as their makers' commands do, adds what docs/own-spa.md shows, and signs in and out with each of them as
// built and by its dev server: pnpm spas [part of a name]. They are kept in .spas.
const home = join(root, '.spas');

const documentation = readFileSync(join(root, 'docs/own-spa.md'), 'utf8');
/** The first block of the documentation in this language that has this text. */
const documented = (language, text) =>
  documentation
    .split('```')
    .find((block) => block.trimStart().startsWith(`${language}\n`) && block.includes(text))
    .replace(/^\s*\w+\n/, '');

const additions = `${documented('html', '/login')}<script type="module">\n${documented('js', '/api/me')}</script>`;

const folderOf = (name) => name.toLowerCase().replace(' ', '-');

const vite = (name, template, extra) => ({
  name,
  hasWorker: extra !== undefined,
  create: (folder) => {
    run('npx', ['--yes', 'create-vite@latest', folder, '--template', template, '--no-interactive'], home);
    run('npm', ['install', '--no-audit', '--no-fund'], join(home, folder));
    extra?.(join(home, folder));
  },
  page: 'index.html',
  build: ['node_modules/vite/bin/vite.js', 'build'],
  dist: 'dist',
  serve: (port) => [
    'node_modules/vite/bin/vite.js',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--strictPort',
  ],
});

const addPwa = (folder) => {
  run('npm', ['install', '--no-audit', '--no-fund', '--save-dev', 'vite-plugin-pwa'], folder);
  const [plugin] = /VitePWA\(.+\)(?=`)/.exec(documentation);
  writeFileSync(
    join(folder, 'vite.config.ts'),
    `import { VitePWA } from 'vite-plugin-pwa';\nexport default { plugins: [${plugin}] };\n`,
  );
};

const addAngularPwa = (folder) => {
  // Angular's packages are released one after the other: for some hours they do not fit each other.
  writeFileSync(join(folder, '.npmrc'), 'legacy-peer-deps=true\n');
  run('npx', ['ng', 'add', '@angular/pwa', '--skip-confirmation'], folder);
  const file = join(folder, 'ngsw-config.json');
  const exceptions = JSON.parse(documented('json', 'navigationUrls'));
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...exceptions }));
};

const angular = (name, extra) => ({
  name,
  hasWorker: extra !== undefined,
  create: (folder) => {
    const flags = ['--defaults', '--skip-git', '--skip-tests', '--package-manager=npm'];
    run('npx', ['--yes', '@angular/cli@latest', 'new', folder, ...flags], home);
    extra?.(join(home, folder));
  },
  page: 'src/index.html',
  build: ['node_modules/@angular/cli/bin/ng.js', 'build'],
  dist: `dist/${folderOf(name)}/browser`,
  serve: (port) => [
    'node_modules/@angular/cli/bin/ng.js',
    'serve',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ],
  variables: { SPA_CSP: "style-src 'unsafe-inline'" },
});

const spas = [
  vite('React', 'react-ts'),
  vite('Vue', 'vue-ts'),
  vite('Svelte', 'svelte-ts'),
  vite('plain HTML', 'vanilla-ts'),
  vite('PWA', 'vanilla-ts', addPwa),
  angular('Angular'),
  angular('Angular PWA', addAngularPwa),
];

const generate = (spa) => {
  const name = folderOf(spa.name);
  const folder = join(home, name);
  if (!existsSync(join(folder, 'generated'))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    spa.create(name);
    const file = join(folder, spa.page);
    writeFileSync(file, readFileSync(file, 'utf8').replace('<body>', `<body>\n${additions}\n`));
    writeFileSync(join(folder, 'generated'), '');
  }
  return folder;
};

/** Signs in and out; collects what the page complained of. */
const travel = async (browser, url, hasWorker) => {
  const context = await browser.newContext();
  context.setDefaultTimeout(20_000);
  const tab = await context.newPage();
  const complaints = [];
  tab.on('pageerror', (error) => complaints.push(error.message));
  tab.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const signedIn = () =>
    tab.waitForEvent('console', { predicate: (message) => message.text().startsWith('Ada Lovelace') });
  const whoIsThere = () => tab.evaluate("fetch('/api/me').then((answer) => answer.json())");
  await tab.goto(url);
  await tab.locator('#app > *, #root > *, app-root > *').first().waitFor({ state: 'attached' });
  if (hasWorker) {
    await tab.evaluate('navigator.serviceWorker.ready.then(Boolean)');
    await tab.reload();
    await tab.waitForFunction('navigator.serviceWorker.controller !== null');
  }
  await tab.getByRole('link', { name: 'Sign in' }).click();
  const name = signedIn();
  await tab.getByRole('button', { name: 'Ada Lovelace' }).click();
  await name;
  if (new URL(tab.url()).pathname !== '/') complaints.push(`came back to ${tab.url()}`);
  await tab.locator('#app > *, #root > *, app-root > *').first().waitFor({ state: 'attached' });
  await tab.getByRole('button', { name: 'Sign out' }).click();
  await tab.getByRole('button', { name: 'Sign out', exact: true }).click();
  await tab.waitForURL(`${url}/`);
  if ((await whoIsThere()).authenticated) complaints.push('is still signed in');
  await context.close();
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
};

/** Runs the BFF before these pages, with the embedded provider, and travels through them. */
const tryPages = async (browser, { variables, hasWorker }, pages) => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const folder = mkdtempSync(join(tmpdir(), 'foyer-spa-'));
  const provider = await startDevProvider({ publicUrls: [url] });
  const { issuer, clientId, clientSecret } = provider;
  const bff = startProcess(
    [process.execPath, join(root, 'apps/bff/src/main.ts')],
    {
      ...{ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret },
      ...{ PORT: String(port), PUBLIC_URL: url, SESSION_STORE: 'memory:', ...variables, ...pages },
    },
    folder,
  );
  try {
    await until('The BFF', () => answers(`${url}/healthz`));
    await travel(browser, url, hasWorker && pages.SPA_DIR !== undefined);
  } catch (error) {
    throw new Error([error.message, ...bff.lines.filter((line) => line.includes('"level":40'))].join('\n'));
  } finally {
    await bff.close();
    await provider.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  }
};

const trySpa = async (browser, spa) => {
  const folder = generate(spa);
  run(process.execPath, spa.build, folder);
  await tryPages(browser, spa, { SPA_DIR: join(folder, spa.dist) });
  const port = await freePort();
  const server = startProcess([process.execPath, ...spa.serve(port)], {}, folder);
  try {
    await until('The dev server', () => answers(`http://127.0.0.1:${port}/`));
    await tryPages(browser, spa, { SPA_DEV_SERVER: `http://127.0.0.1:${port}` });
  } finally {
    await server.close();
  }
};

const wanted = (process.argv[2] ?? '').toLowerCase();
const browser = await launchChromium();
let failures = 0;
for (const spa of spas.filter(({ name }) => name.toLowerCase().includes(wanted))) {
  try {
    await trySpa(browser, spa);
    console.log(`ok      ${spa.name}: in and out, as built and by its dev server`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${spa.name}: ${error.message}`);
  }
}
await browser.close();
process.exitCode = failures === 0 ? 0 : 1;
