import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const createKeys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });

const createConfiguration = ({ folder, port, redirectUri, postLogoutUri }) => {
  const { privateKey, publicKey } = createKeys();
  const storage = { Directory: `${folder}/sessions`, LockDirectory: `${folder}/sessions/lock` };
  const cache = {
    cache_root: `${folder}/cache`,
    cache_depth: 3,
    default_expires_in: 600,
    namespace: 'foyer',
  };
  return {
    ...JSON.parse(readFileSync('/var/lib/lemonldap-ng/conf/lmConf-1.json', 'utf8')),
    portal: `http://localhost:${port}/`,
    domain: 'localhost',
    globalStorageOptions: storage,
    persistentStorageOptions: storage,
    localSessionStorageOptions: cache,
    registerDB: 'Null',
    passwordDB: 'Null',
    locationRules: {},
    exportedHeaders: {},
    issuerDBOpenIDConnectActivation: 1,
    oidcServiceMetaDataIssuer: `http://localhost:${port}/`,
    oidcServicePrivateKeySig: privateKey,
    oidcServicePublicKeySig: publicKey,
    oidcServiceKeyIdSig: 'foyer',
    oidcRPMetaDataExportedVars: { foyer: { email: 'mail', name: 'cn', preferred_username: 'uid' } },
    oidcRPMetaDataOptions: {
      foyer: {
        oidcRPMetaDataOptionsClientID: 'foyer',
        oidcRPMetaDataOptionsClientSecret: 'a-secret-of-the-providers-command',
        oidcRPMetaDataOptionsRedirectUris: redirectUri,
        oidcRPMetaDataOptionsPostLogoutRedirectUris: postLogoutUri,
        oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
        oidcRPMetaDataOptionsBypassConsent: 1,
      },
    },
  };
};

const createIni = (folder) => `[all]
logLevel = error
[configuration]
type = File
dirName = ${folder}/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'foyer-config', 'default_expires_in' => 600, 'cache_root' => '${folder}/cache', 'cache_depth' => 3 }
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
`;

const application = `use Plack::Builder; use Lemonldap::NG::Portal::Main;
builder {
  mount '/static' => Plack::App::File->new(root => '/usr/share/lemonldap-ng/portal/htdocs/static')->to_app;
  mount '/' => Lemonldap::NG::Portal::Main->run({});
};
`;

/** LemonLDAP::NG with its demo people. */
export const lemonldap = {
  name: 'LemonLDAP::NG',
  debianPackages: [
    ...[
      'libconvert-base32-perl',
      'libcrypt-openssl-bignum-perl',
      'libcrypt-openssl-rsa-perl',
      'libio-string-perl',
    ],
    ...['libipc-run-perl', 'libmime-tools-perl', 'libstring-random-perl', 'libemail-sender-perl'],
    ...['liblemonldap-ng-portal-perl', 'libgd-securityimage-perl', 'libimage-magick-perl', 'libplack-perl'],
  ],
  start: (place) => {
    const { folder, port } = place;
    for (const name of ['conf', 'cache', 'sessions/lock'])
      mkdirSync(`${folder}/${name}`, { recursive: true });
    writeFileSync(`${folder}/conf/lmConf-1.json`, JSON.stringify(createConfiguration(place)));
    writeFileSync(`${folder}/lemonldap-ng.ini`, createIni(folder));
    writeFileSync(`${folder}/app.psgi`, `use Plack::App::File; ${application}`);
    return {
      command: ['plackup', '--host', '127.0.0.1', '--port', String(port), `${folder}/app.psgi`],
      environment: { LLNG_DEFAULTCONFFILE: `${folder}/lemonldap-ng.ini` },
      client: {
        issuer: `http://localhost:${port}/`,
        clientId: 'foyer',
        clientSecret: 'a-secret-of-the-providers-command',
      },
    };
  },
  signIn: async (page) => {
    await page.locator('input[name="user"]').fill('dwho');
    await page.locator('input[name="password"]').fill('dwho');
    await page.locator('button[type="submit"]').first().click();
  },
  signOut: async (page) => {
    await page.locator('button[type="submit"], input[type="submit"]').first().click();
  },
};
