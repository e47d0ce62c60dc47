import { people } from './people.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? '');

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f4f4f7, #16161a); color: light-dark(#1c1c22, #ededf2) }
main { box-sizing: border-box; width: min(26rem, 100%); padding: 2rem 1.5rem }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .5rem }
p { margin: 0 0 1.25rem; overflow-wrap: anywhere }
form { display: grid; gap: .5rem; margin: 0 0 1.5rem }
button, input { box-sizing: border-box; width: 100%; min-height: 2.75rem; padding: .5rem .875rem; font: inherit; border-radius: .5rem; border: 1px solid light-dark(#767680, #8d8d99); background: light-dark(#fff, #222228); color: inherit }
button { text-align: start; cursor: pointer }
button:hover { border-color: light-dark(#3b3bc4, #a9a9ff) }
.main { text-align: center; background: #3b3bc4; border-color: #3b3bc4; color: #fff }
:focus-visible { outline: 3px solid light-dark(#3b3bc4, #a9a9ff); outline-offset: 2px }
.wrong { color: light-dark(#a3122a, #ff9aa8) }
`;

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%233b3bc4'/%3E%3C/svg%3E";

/** What a page of the provider may load: its own style and its icon, nothing else. */
export const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

const createPage = (title: string, content: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Development provider</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;

/** The sign-in page: one button a person, and a field for any other name. */
export function createSignInPage(action: string, complaint?: string): string {
  const to = escapeHtml(action);
  const buttons = people.map(
    ({ accountId, label }) =>
      `<button name="person" value="${escapeHtml(accountId)}">${escapeHtml(label)}</button>`,
  );
  return createPage(
    'Sign in',
    `<p>This is the development provider. No password is asked: choose who you are.</p>
${complaint === undefined ? '' : `<p class="wrong" role="alert">${escapeHtml(complaint)}</p>`}
<form method="post" action="${to}" aria-label="Demo people">
${buttons.join('\n')}
</form>
<form method="post" action="${to}" aria-label="Someone else">
<label for="name">Any other name</label>
<input id="name" name="name" maxlength="60" autocomplete="off" required>
<button class="main">Sign in with this name</button>
</form>`,
  );
}

/** The page that asks whether to sign out here too; `form` is the library's own form with its secret. */
export function createSignOutPage(form: string): string {
  return createPage(
    'Sign out',
    `<p>You have left the application. Do you want to sign out of the development provider too?</p>
${form.replace(
  '</form>',
  `<button class="main" name="logout" value="yes" autofocus>Sign out</button>
<button>Stay signed in here</button></form>`,
)}`,
  );
}

/** The page after signing out when no application asked to have the browser back. */
export function createSignedOutPage(): string {
  return createPage('Signed out', '<p>You are signed out of the development provider.</p>');
}

/** The page for a request that cannot be answered; the code is the provider's, such as `invalid_request`. */
export function createErrorPage(code: string, description: string | undefined): string {
  return createPage(
    'This did not work',
    `<p class="wrong" role="alert">${escapeHtml(code)}${description === undefined ? '' : `: ${escapeHtml(description)}`}</p>
<p>Go back to the application and sign in again.</p>`,
  );
}

/** The page at the provider's own address. */
export function createStartPage(): string {
  return createPage(
    'Development provider',
    '<p>This OpenID provider is for development and tests only. Sign in from the application.</p>',
  );
}
