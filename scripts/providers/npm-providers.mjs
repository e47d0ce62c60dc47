/** The environment of a program that needs the addresses of the application. */
const addresses = ({ port, redirectUri, postLogoutUri }) => ({
  PORT: String(port),
  REDIRECT_URI: redirectUri,
  POST_LOGOUT_URI: postLogoutUri,
});

/** A provider from npm: its program stands beside this file, runs where its packages are, and prints its client. */
const fromNpm = ({ program, environment = {}, ...provider }) => ({
  ...provider,
  start: (place) => ({ program, environment: { ...addresses(place), ...environment } }),
});

const oidcProvider = (algorithm) =>
  fromNpm({
    name: `oidc-provider, ${algorithm}, signed userinfo, PAR required`,
    npmPackages: ['oidc-provider'],
    program: 'oidc-provider-server.mjs',
    environment: { ALG: algorithm },
    signIn: async (page) => {
      await page.locator('input[name="login"]').fill('ada');
      await page.locator('input[name="password"]').fill('any');
      await page.locator('button[type="submit"]').click();
      await page.getByRole('button', { name: 'Continue' }).click();
    },
    signOut: async (page) => {
      await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    },
  });

const mock = fromNpm({
  name: 'oauth2-mock-server',
  npmPackages: ['oauth2-mock-server'],
  program: 'mock-server.mjs',
});

const betterAuth = fromNpm({
  name: 'Better Auth, EdDSA',
  npmPackages: ['better-auth', '@better-auth/oauth-provider'],
  program: 'better-auth-server.mjs',
  signIn: async (page) => {
    await page.locator('input[name="password"]').fill('correct-horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
  },
});

/** The providers that npm has. */
export const npmProviders = [...['ES256', 'PS256', 'EdDSA'].map(oidcProvider), mock, betterAuth];
