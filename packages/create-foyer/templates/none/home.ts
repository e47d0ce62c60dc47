import { brand } from './src/brand.ts';

/** The page at `/`: a script asks who is signed in. */
export const home = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${brand.title}</title>
<style>
  body { max-width: 40rem; margin: 10vh auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif }
  pre { overflow-wrap: anywhere; white-space: pre-wrap }
</style>
<h1>${brand.name}</h1>
<p><a href="/login">Sign in</a>, then see what <a href="/api/me">the server knows</a> and <a href="/api/hello">what it says</a>.</p>
<pre id="user"></pre>
<form method="post" action="/logout"><button>Sign out</button></form>
<script type="module">
  const me = await (await fetch('/api/me')).json();
  if (me.authenticated) document.querySelector('#user').textContent = JSON.stringify(me.user, undefined, 2);
</script>
</html>`;
