import { people } from './people.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? '');

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%232a56c6'/%3E%3Cpath d='M5 13V5a3 3 0 0 1 6 0v8' fill='none' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

const style = `
:root { color-scheme: light dark; --ink: light-dark(#18202b, #e7ebf1); --soft: light-dark(#55606e, #a6b1be); --paper: light-dark(#f5f6f8, #0f1318); --card: light-dark(#ffffff, #171c23); --line: light-dark(#dce1e7, #2b333e); --edge: light-dark(#7b8694, #7f8b99); --rim: light-dark(#c5ccd5, #3d4754); --accent: light-dark(#2a56c6, color-mix(in oklab, #2a56c6, white 52%)); --tint: light-dark(#e9effd, #1b2740); --on-accent: light-dark(#ffffff, #0e1520); --wrong: light-dark(#a51d2d, #ff9ea6); --shade: light-dark(rgb(24 32 43 / 0.06), rgb(0 0 0 / 0.3)) }
* { box-sizing: border-box }
body { margin: 0; display: grid; justify-items: center; padding: clamp(1.5rem, 10vh, 6rem) 1rem 1.5rem; background: var(--paper); color: var(--ink); font: 1rem/1.6 ui-sans-serif, system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif }
main { width: min(28rem, 100%); padding: clamp(1.5rem, 5vw, 2.5rem); background: var(--card); border: 1px solid var(--line); border-radius: 1rem; box-shadow: 0 1rem 3rem var(--shade) }
header { display: flex; align-items: center; gap: .75rem; margin-bottom: 1.5rem; font-weight: 600; line-height: 1.3; overflow-wrap: anywhere }
header svg { flex: none; width: 2.25rem; height: 2.25rem; fill: var(--accent) }
header path { fill: none; stroke: var(--on-accent); stroke-width: 2 }
h1 { margin: 0 0 .5rem; font-size: 1.625rem; line-height: 1.2; letter-spacing: -.015em }
p { margin: 0 0 1.25rem; color: var(--soft); overflow-wrap: anywhere; text-wrap: pretty }
p:last-child { margin: 0 }
form { display: grid; gap: .75rem; margin: 0 0 1.5rem }
form:last-child { margin: 0 }
form + form { padding-top: 1.5rem; border-top: 1px solid var(--line) }
label { margin-bottom: -.375rem; font-size: .875rem; font-weight: 500 }
button, input { width: 100%; min-height: 2.75rem; padding: .5rem .875rem; font: inherit; border: 1px solid var(--rim); border-radius: .625rem; background: none; color: inherit }
input { border-color: var(--edge) }
button { text-align: start; cursor: pointer }
.people { gap: 0; border: 1px solid var(--rim); border-radius: .75rem }
.person { position: relative; display: grid; grid-template-columns: auto 1fr; align-items: start; gap: 0 .875rem; padding: .625rem .875rem; border-radius: .6875rem }
.person + .person { border-top: 1px solid var(--line); border-top-left-radius: 0; border-top-right-radius: 0 }
.person:not(:last-child) { border-bottom-left-radius: 0; border-bottom-right-radius: 0 }
.person span { grid-row: span 2; display: grid; place-items: center; width: 2.5rem; height: 2.5rem; border-radius: 50%; background: var(--tint); color: var(--accent); font-weight: 700 }
.person button { min-height: 0; padding: 0; border: 0; font-weight: 600; line-height: 1.4 }
.person button::after { content: ''; position: absolute; inset: 0; border-radius: inherit }
.person button:focus-visible { outline: none }
.person button:focus-visible::after { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .6875rem }
.person small { color: var(--soft); font-size: .875rem; line-height: 1.45 }
.person:hover { background: var(--tint) }
.person:hover span { background: var(--card) }
.main, .main ~ button { text-align: center }
.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600 }
.main:hover { background: color-mix(in oklab, var(--accent), var(--ink) 14%) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.wrong { color: var(--wrong) }
`;

/** The policy of the provider's pages, which load their own style and icon and nothing else. */
export const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

const providerName = 'Development provider';

const createPage = (title: string, content: string, name = providerName): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · ${escapeHtml(name)}</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<main>
<header><svg viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="4"/><path d="M5 13V5a3 3 0 0 1 6 0v8"/></svg>${escapeHtml(name)}</header>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;

const initialsOf = (label: string): string =>
  label
    .split(' ')
    .map((word) => word.charAt(0))
    .filter((letter) => letter === letter.toUpperCase())
    .join('');

/** What the sign-in page says beside its buttons. */
interface SignInPage {
  readonly problem?: string;
  /** Name of the application that asks. */
  readonly appName?: string | undefined;
  /** Whether a choice stands for a second step too. */
  readonly hasSecondStep: boolean;
}

/** The sign-in page: a button for each demo person, and a field for any other name. */
export function createSignInPage(action: string, { problem, appName, hasSecondStep }: SignInPage): string {
  const to = escapeHtml(action);
  const buttons = people.map(
    ({ accountId, label, purpose = '' }) =>
      `<div class="person"><span aria-hidden="true">${escapeHtml(initialsOf(label))}</span><button name="person" value="${escapeHtml(accountId)}">${escapeHtml(label)}</button><small>${escapeHtml(purpose)}</small></div>`,
  );
  return createPage(
    'Sign in',
    `<p>This is the development provider. No password is asked: choose who you are.${
      hasSecondStep ? ' The application wants a second step: your choice stands for that too.' : ''
    }</p>
${problem === undefined ? '' : `<p class="wrong" role="alert">${escapeHtml(problem)}</p>`}
<form class="people" method="post" action="${to}" aria-label="Demo people">
${buttons.join('\n')}
</form>
<form method="post" action="${to}" aria-label="Someone else">
<label for="name">Any other name</label>
<input id="name" name="name" maxlength="60" autocomplete="off" required>
<button class="main">Sign in with this name</button>
</form>`,
    appName,
  );
}

/** The page that asks whether to sign out of the provider too; `form` is the library's form with its CSRF secret. */
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

/** The page after signing out, when the application named no address to return to. */
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
    'Nothing to do here',
    '<p>This OpenID provider is for development and tests only. Sign in from the application.</p>',
  );
}
