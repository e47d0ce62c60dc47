const show = (id: string, text?: string): void => {
  const element = document.getElementById(id);
  if (element === null) return;
  element.hidden = false;
  if (text !== undefined) element.textContent = text;
};

const answer = await fetch('/api/me');
const me = await answer.json();
if (me.authenticated) {
  show('who', `Logged in as: ${me.displayName}`);
  show('user', JSON.stringify(me.user, undefined, 2));
  show('logout');
} else show('login');
