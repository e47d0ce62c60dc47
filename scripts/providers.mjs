import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, launchChromium } from '../packages/testkit/src/index.ts';
import { answers, root, run, startProcess, until } from './processes.mjs';
import { djangoOauthToolkit, doorkeeper } from './providers/frameworks.mjs';
import { glewlwyd } from './providers/glewlwyd.mjs';
import { lemonldap } from './providers/lemonldap-ng.mjs';
import { npmProviders } from './providers/npm-providers.mjs';

// Signs in and out with providers that are not ours, by issuer, client and secret alone: pnpm providers [part of a name].
// They are installed from npm into .providers, and from Debian's archive by apt-get, which only root can use.
const installFromNpm = (packages) => {
  const folder = join(root, '.providers', packages[0]);
  if (existsSync(join(folder, 'node_modules'))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  // Peers that a package names and does not need are left out.
  run('npm', ['install', '--legacy-peer-deps', '--no-audit', '--no-fund', ...packages], folder);
  return folder;
};

const installFromDebian = (packages) => {
  if (packages.every((name) => spawnSync('dpkg', ['-s', name]).status === 0)) return;
  // RUNLEVEL: what is installed is not started.
  process.env.RUNLEVEL = '1';
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]);
};

/** Starts a provider; returns its client and the process. */
const startProvider = async (provider, place) => {
  const { program, command, environment, healthUrl, client } = provider.start(place);
  const folder = provider.npmPackages === undefined ? place.folder : installFromNpm(provider.npmPackages);
  if (program !== undefined) cpSync(join(root, 'scripts/providers', program), join(folder, program));
  const started = startProcess(command ?? [process.execPath, program], environment, folder);
  try {
    const printed = () => started.lines.find((line) => line.startsWith('{"issuer"'));
    const registered = client ?? JSON.parse(await until(provider.name, printed));
    const url = healthUrl ?? `${registered.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    await until(provider.name, () => answers(url));
    await provider.configure?.({ ...place, ...registered });
    return { ...started, client: registered };
  } catch (error) {
    await started.close();
    throw new Error(`${error.message}\n${started.lines.slice(-15).join('\n')}`);
  }
};

const page = `<!doctype html><title>Providers</title><p id="who"></p>
<form method="post" action="/logout"><button>Sign out</button></form><script type="module" src="/who.js"></script>`;
const script = `const me = await (await fetch('/api/me')).json();
document.querySelector('#who').textContent = me.authenticated ? 'signed in: ' + me.displayName : 'signed out';`;

const startBff = async ({ issuer, clientId, clientSecret }, { folder, bffPort, publicUrl }) => {
  mkdirSync(join(folder, 'spa'));
  writeFileSync(join(folder, 'spa/index.html'), page);
  writeFileSync(join(folder, 'spa/who.js'), script);
  const started = startProcess(
    [process.execPath, join(root, 'apps/bff/src/main.ts')],
    {
      ...{ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret },
      ...{ PORT: String(bffPort), PUBLIC_URL: publicUrl, SPA_DIR: 'spa', SESSION_STORE: 'memory:' },
    },
    folder,
  );
  await until('The BFF', () => answers(`${publicUrl}/healthz`));
  return started;
};

/** Signs in and out in a fresh browser; returns what happened. */
const travel = async (browser, provider, publicUrl) => {
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  const tab = await context.newPage();
  try {
    await tab.goto(`${publicUrl}/login`);
    await provider.signIn?.(tab);
    await tab.getByText('signed in: ').waitFor();
    const name = (await tab.locator('#who').textContent()).replace('signed in: ', '');
    await tab.getByRole('button', { name: 'Sign out' }).click();
    await provider.signOut?.(tab);
    await tab.getByText('signed out').waitFor();
    await tab.goto(`${publicUrl}/login`);
    if (provider.keepsSession) await tab.getByText('signed in: ').waitFor();
    else if (provider.signIn !== undefined && new URL(tab.url()).origin === publicUrl)
      throw new Error('the provider signed in again without a question after the sign-out');
    return `signed in as ${name}, and out${provider.keepsSession ? ' here; its own session stays' : ''}`;
  } catch (error) {
    throw new Error(
      `${error.message.split('\n', 1)[0]}, at ${tab.url().split('?', 1)[0]}: ${await tab.title()}`,
    );
  } finally {
    await context.close();
  }
};

const tryProvider = async (browser, provider) => {
  if (provider.debianPackages !== undefined) installFromDebian(provider.debianPackages);
  const [port, bffPort] = [await freePort(), await freePort()];
  const publicUrl = `http://127.0.0.1:${bffPort}`;
  const place = {
    ...{ folder: mkdtempSync(join(tmpdir(), 'foyer-provider-')), port, bffPort, publicUrl },
    ...{ redirectUri: `${publicUrl}/login/callback`, postLogoutUri: `${publicUrl}/logout` },
  };
  const running = [];
  try {
    const started = await startProvider(provider, place);
    running.push(started);
    const bff = await startBff(started.client, place);
    running.push(bff);
    return await travel(browser, provider, publicUrl).catch((error) => {
      const said = bff.lines.filter((line) => line.includes('"reason"') || line.includes('"err"'));
      throw new Error([error.message, ...said].join('\n'));
    });
  } finally {
    for (const { close } of running) await close();
    rmSync(place.folder, { recursive: true, maxRetries: 5 });
  }
};

const wanted = process.argv[2] ?? '';
const chosen = [...npmProviders, lemonldap, glewlwyd, djangoOauthToolkit, doorkeeper].filter(({ name }) =>
  name.toLowerCase().includes(wanted.toLowerCase()),
);
const browser = await launchChromium();
let failures = 0;
for (const provider of chosen) {
  try {
    console.log(`ok      ${provider.name}: ${await tryProvider(browser, provider)}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${provider.name}: ${error.message}`);
  }
}
await browser.close();
process.exitCode = failures === 0 && chosen.length > 0 ? 0 : 1;
