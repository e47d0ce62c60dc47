import { createHash } from 'node:crypto';

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%232a56c6'/%3E%3Cpath d='M5 13V5a3 3 0 0 1 6 0v8' fill='none' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

const style = `:root{color-scheme:light dark;--ink:light-dark(#18202b,#e7ebf1);--soft:light-dark(#55606e,#a6b1be);--paper:light-dark(#f5f6f8,#0f1318);--card:light-dark(#ffffff,#171c23);--line:light-dark(#dce1e7,#2b333e);--edge:light-dark(#7b8694,#7f8b99);--accent:light-dark(#2a56c6,#93b4ff);--tint:light-dark(#e9effd,#1b2740);--on-accent:light-dark(#ffffff,#0e1520)}*{box-sizing:border-box}body{margin:0;display:grid;justify-items:center;padding:clamp(1.5rem,16vh,10rem) 1rem 1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.6 ui-sans-serif,system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}main{width:min(32rem,100%);padding:clamp(1.5rem,5vw,2.5rem);background:var(--card);border:1px solid var(--line);border-radius:1rem}main::before{content:"";display:block;width:2.25rem;height:2.25rem;margin-bottom:1.25rem;background:url("${icon}")}h1{margin:0 0 .75rem;font-size:1.625rem;line-height:1.2;letter-spacing:-.015em;text-wrap:pretty}p,li{margin:.5rem 0;text-wrap:pretty}ul{margin:1rem 0;padding-left:1.25rem}nav,form{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.75rem}a,button{display:inline-flex;align-items:center;min-height:2.75rem;padding:.5rem 1.5rem;border:1px solid var(--edge);border-radius:.625rem;background:none;color:var(--ink);font:inherit;text-decoration:none;cursor:pointer}a:hover{background:var(--tint)}a.first,button{background:var(--accent);border-color:var(--accent);color:var(--on-accent);font-weight:600}a.first:hover,button:hover{background:color-mix(in oklab,var(--accent),var(--ink) 14%)}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}small{display:block;margin-top:1.75rem;color:var(--soft);font-size:.875rem;overflow-wrap:anywhere}`;

/** The source expression that lets our own pages' style pass the policy. @see CSP 3 section 2.3.1 */
export const pageStyleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;

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
