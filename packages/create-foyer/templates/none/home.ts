import { brand } from './src/brand.ts';

/** The page at `/`. */
export const home = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${brand.title}</title>
<h1>${brand.name}</h1>
<p><a href="/login">Sign in</a>, then see what <a href="/api/me">the server knows</a> and <a href="/api/hello">what it says</a>.</p>
<form method="post" action="/logout"><button>Sign out</button></form></html>`;
