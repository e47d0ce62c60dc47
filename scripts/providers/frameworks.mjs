/** A provider that Debian's packages of a web framework make: its program stands beside this file and prints its client. */
const fromDebian = ({ interpreter, program, ...provider }) => ({
  ...provider,
  start: ({ port, redirectUri, postLogoutUri }) => ({
    program,
    command: [interpreter, program],
    environment: { PORT: String(port), REDIRECT_URI: redirectUri, POST_LOGOUT_URI: postLogoutUri },
  }),
});

/** django-oauth-toolkit 1.7 has no end-session endpoint: signing out ends here, and its own session stays. */
export const djangoOauthToolkit = fromDebian({
  name: 'django-oauth-toolkit',
  debianPackages: ['python3-django-oauth-toolkit', 'openssl'],
  interpreter: '/usr/bin/python3',
  program: 'django-server.py',
  signIn: async (page) => {
    await page.locator('input[name="username"]').fill('ada');
    await page.locator('input[name="password"]').fill('correct-horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
  },
  keepsSession: true,
});

/** Doorkeeper with doorkeeper-openid_connect, in a Rails application of one file. Ending the session is the application’s business. */
export const doorkeeper = fromDebian({
  name: 'Doorkeeper',
  debianPackages: ['ruby-doorkeeper-openid-connect', 'ruby-rails', 'ruby-sqlite3', 'ruby-webrick'],
  interpreter: '/usr/bin/ruby',
  program: 'doorkeeper-server.rb',
  signIn: async (page) => {
    await page.locator('input[name="password"]').fill('correct-horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
  },
  keepsSession: true,
});
