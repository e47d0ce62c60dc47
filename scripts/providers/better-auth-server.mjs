import { createServer } from 'node:http';
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';

// Better Auth as a provider, with the defaults of its plugins. Runs in the folder where its packages are installed.
const { PORT, REDIRECT_URI, POST_LOGOUT_URI } = process.env;
const origin = `http://localhost:${PORT}`;

const tables = [
  ...['user', 'session', 'account', 'verification', 'jwks', 'rateLimit', 'oauthClient', 'oauthAccessToken'],
  ...['oauthRefreshToken', 'oauthConsent', 'oauthResource', 'oauthClientResource', 'oauthClientAssertion'],
];
const auth = betterAuth({
  baseURL: origin,
  secret: 'a-secret-of-the-providers-command-0123456789',
  database: memoryAdapter(Object.fromEntries(tables.map((name) => [name, []]))),
  emailAndPassword: { enabled: true },
  plugins: [jwt(), oauthProvider({ loginPage: '/sign-in', consentPage: '/consent' })],
});

const page = `<!doctype html><title>Sign in</title><form><input name="email" value="ada@example.com">
<input name="password" type="password"><button>Sign in</button></form><script>
document.forms[0].onsubmit = async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(event.target));
  const answer = await fetch('/api/auth/sign-in/email', { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...fields, oauth_query: location.search.slice(1) }) });
  const { url } = await answer.json();
  location.href = url;
};</script>`;

const answer = toNodeHandler(auth);
createServer((request, response) => {
  if (request.url.startsWith('/sign-in')) response.setHeader('content-type', 'text/html').end(page);
  else answer(request, response);
}).listen(Number(PORT), 'localhost');

const { headers } = await auth.api.signUpEmail({
  body: { name: 'Ada Lovelace', email: 'ada@example.com', password: 'correct-horse' },
  returnHeaders: true,
});
const cookie = headers
  .getSetCookie()
  .map((each) => each.split(';', 1)[0])
  .join('; ');
const client = await auth.api.adminCreateOAuthClient({
  headers: new Headers({ cookie }),
  body: {
    // A web client may not be on this machine.
    application_type: 'native',
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: [POST_LOGOUT_URI],
    skip_consent: true,
    enable_end_session: true,
  },
});
console.log(
  JSON.stringify({
    issuer: `${origin}/api/auth`,
    clientId: client.client_id,
    clientSecret: client.client_secret,
  }),
);
