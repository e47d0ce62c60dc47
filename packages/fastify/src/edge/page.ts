import { createHash } from 'node:crypto';

const style = `:root{color-scheme:light dark;--ink:light-dark(#1c2430,#e8ecf2);--soft:light-dark(#5a6675,#a5b0bf);--paper:light-dark(#fbfcfd,#12161c);--card:light-dark(#fff,#1a2029);--line:light-dark(#dfe4ea,#2d3643);--accent:light-dark(#1f5fd0,#8ab4ff);--on-accent:light-dark(#fff,#10151c)}*{box-sizing:border-box}body{margin:0;min-height:100dvh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,sans-serif}main{width:min(30rem,100%);padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}p{margin:.5rem 0}nav,form{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}a,button{font:inherit;padding:.55rem 1.1rem;border:1px solid var(--line);border-radius:.5rem;background:none;color:var(--ink);text-decoration:none;cursor:pointer}a.first,button{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}small{display:block;margin-top:1.5rem;color:var(--soft);overflow-wrap:anywhere}`;

/** The source expression that lets our own pages' style pass the policy. @see CSP 3 section 2.3.1 */
export const pageStyleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%231f5fd0'/%3E%3Cpath d='M5 13V5a3 3 0 0 1 6 0v8' fill='none' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

/** One of our own pages: no script, nothing of the request but `requestId`, whose form is checked on arrival. */
export interface Page {
  readonly title: string;
  /** HTML of ours, between heading and request id. */
  readonly body: string;
  readonly requestId: string | undefined;
  /** A path of ours to go to at once. */
  readonly continueAt?: string;
}

/** Prints a page as HTML. */
export const printPage = ({ title, body, requestId, continueAt }: Page): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">${
    continueAt === undefined ? '' : `<meta http-equiv="refresh" content="0;url=${continueAt}">`
  }<title>${title}</title><link rel="icon" href="${icon}"><style>${style}</style></head><body><main><h1>${title}</h1>${body}${
    requestId === undefined ? '' : `<small>Request id: ${requestId}</small>`
  }</main></body></html>`;
