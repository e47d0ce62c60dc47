import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const clientSecret = 'a-secret-of-the-providers-command';
const schema = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3';

const createConfiguration = (folder, port) =>
  readFileSync('/etc/glewlwyd/glewlwyd.conf', 'utf8')
    .replace(/^port=.*$/m, `port=${port}\nbind_address="127.0.0.1"`)
    .replace(/^external_url=.*$/m, `external_url="http://localhost:${port}"`)
    .replace(/^# static_files_path=.*$/m, `static_files_path="${folder}/webapp/"`)
    .replace(/^log_mode=.*$/m, 'log_mode="console"')
    .replace(/^log_level=.*$/m, 'log_level="WARNING"')
    .replace(/^hash_algorithm.*$/m, 'hash_algorithm = "SHA512"')
    .replace(/^@include.*$/m, `database = { type = "sqlite3"\n path = "${folder}/glewlwyd.db" };`);

/** Its database of Debian keeps one post-logout address under a name that its end-session endpoint does not read. */
const createTables = (path) => {
  const database = new DatabaseSync(path);
  database.exec(
    readFileSync(schema, 'utf8').replace(
      '"post_logout_redirect_uri":{"multiple":false',
      '"post_logout_redirect_uris":{"multiple":true',
    ),
  );
  database.close();
};

const createPlugin = (issuer) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    module: 'oidc',
    name: 'oidc',
    display_name: 'OpenID Connect',
    enabled: true,
    parameters: {
      iss: issuer,
      ...{ 'jwt-type': 'ecdsa', 'jwt-key-size': '256', key: privateKey, cert: publicKey },
      ...{ 'auth-type-code-enabled': true, 'pkce-allowed': true, 'oauth-as-iss-id': true },
      ...{ 'access-token-duration': 600, 'refresh-token-duration': 3600, 'code-duration': 60 },
      // Without its front-channel logout, its sign-out page cannot ask which sessions to end, and stops.
      ...{
        'session-management-allowed': true,
        'front-channel-logout-allowed': true,
        'subject-type': 'public',
      },
      ...{ 'session-cookie-name': 'GLEWLWYD2_OIDC_SID', 'session-cookie-expiration': 40320 },
      ...{
        'name-claim': 'mandatory',
        'name-claim-scope': [],
        'email-claim': 'mandatory',
        'email-claim-scope': [],
      },
    },
  };
};

/** Registers the client and a user, as an administrator does on the admin pages. */
const configure = async ({ port, redirectUri, postLogoutUri, issuer }) => {
  const api = `http://localhost:${port}/api`;
  let cookie = '';
  const send = async (method, path, body) => {
    const answer = await fetch(`${api}${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    });
    cookie ||= answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  await send('POST', '/auth/', { username: 'admin', password: 'password' });
  await send('POST', '/mod/plugin/', createPlugin(issuer));
  await send('POST', '/user/', {
    ...{ username: 'ada', password: 'correct-horse', name: 'Ada Lovelace', email: 'ada@example.com' },
    ...{ scope: ['openid', 'g_profile'], enabled: true },
  });
  await send('POST', '/client/', {
    ...{ client_id: 'foyer', name: 'Foyer', client_secret: clientSecret, confidential: true, enabled: true },
    ...{ redirect_uri: [redirectUri], post_logout_redirect_uris: [postLogoutUri] },
    ...{ authorization_type: ['code', 'refresh_token'], scope: [] },
    token_endpoint_auth_method: ['client_secret_basic', 'client_secret_post'],
  });
};

/** Glewlwyd with its OpenID Connect plugin, which signs with ES256 here. */
export const glewlwyd = {
  name: 'Glewlwyd',
  debianPackages: ['glewlwyd', 'libjs-bootstrap4', 'libjs-jquery', 'libjs-popper.js', 'fonts-fork-awesome'],
  start: ({ folder, port }) => {
    createTables(`${folder}/glewlwyd.db`);
    // Its server follows no links, and Debian's pages are full of them.
    spawnSync('cp', ['--recursive', '--dereference', '/usr/share/glewlwyd/webapp', folder]);
    rmSync(`${folder}/webapp/config.json`, { recursive: true, force: true });
    cpSync('/usr/share/glewlwyd/templates/config.json', `${folder}/webapp/config.json`);
    writeFileSync(`${folder}/glewlwyd.conf`, createConfiguration(folder, port));
    return {
      command: ['glewlwyd', '--config-file', `${folder}/glewlwyd.conf`],
      healthUrl: `http://localhost:${port}/config`,
      client: { issuer: `http://localhost:${port}/api/oidc`, clientId: 'foyer', clientSecret },
    };
  },
  configure,
  signIn: async (page) => {
    await page.locator('#username').fill('ada');
    await page.locator('#password').fill('correct-horse');
    await page.locator('#loginbut').click();
    await page.getByRole('button', { name: 'Grant access' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
  },
  signOut: async (page) => {
    await page.getByRole('button', { name: 'Logout' }).click();
  },
};
