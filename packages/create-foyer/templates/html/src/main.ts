const show = (id: string, text?: string): void => {
  const element = document.getElementById(id);
  if (element === null) return;
  element.hidden = false;
  if (text !== undefined) element.textContent = text;
};

// A login ends at an address with an empty fragment, which keeps out that of the provider.
if (location.href.endsWith('#')) history.replaceState(history.state, '', location.href.slice(0, -1));

const answer = await fetch('/api/me').catch(() => undefined);
const me = answer?.ok ? await answer.json() : undefined;
if (me === undefined) show('who', 'The server cannot be reached.');
else if (me.authenticated) {
  show('who', `Logged in as: ${me.displayName}`);
  show('user', JSON.stringify(me.user, undefined, 2));
  show('logout');
} else show('login');
