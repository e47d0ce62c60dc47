import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Brand } from '../options/page-options.ts';
import { german } from './german.ts';

/** The accent colour on a dark page. */
const onDark = (accentColor: string): string => `color-mix(in oklab,${accentColor},white 52%)`;

const printIcon = (accentColor: string): string => {
  const dark = `@media(prefers-color-scheme:dark){rect{fill:${onDark(accentColor)}}path{stroke:#0e1520}}`;
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><style>rect{fill:${accentColor}}path{stroke:#fff}${dark}</style><rect width='16' height='16' rx='4'/><path d='M5 13V5a3 3 0 0 1 6 0v8' fill='none' stroke-width='2'/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
};

/** The relative luminance of a colour such as `#2a56c6`, from 0 to 1. @see WCAG 2.2, relative luminance */
const luminance = (color: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** White and our ink contrast equally with a colour of this luminance. */
const equalContrast = 0.19;

const base =
  ':root{color-scheme:light dark;--ink:light-dark(#18202b,#e7ebf1);--soft:light-dark(#55606e,#a6b1be);--paper:light-dark(#f5f6f8,#0f1318);--card:light-dark(#ffffff,#171c23);--line:light-dark(#dce1e7,#2b333e);--rim:light-dark(#c5ccd5,#3d4754);--shade:light-dark(rgb(24 32 43/.06),rgb(0 0 0/.3));--tint:light-dark(#e9effd,#1b2740);}*{box-sizing:border-box}body{margin:0;display:grid;justify-items:center;padding:clamp(1.5rem,14vh,9rem) 1rem 1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.6 ui-sans-serif,system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}main{width:min(28rem,100%);padding:clamp(1.5rem,5vw,2.5rem);background:var(--card);border:1px solid var(--line);border-radius:1rem;box-shadow:0 1rem 3rem var(--shade)}header{display:flex;align-items:center;gap:.75rem;margin-bottom:1.5rem;font-weight:600;overflow-wrap:anywhere}header::before{content:"";flex:none;width:2.25rem;height:2.25rem}h1{margin:0 0 .5rem;font-size:1.625rem;line-height:1.2;letter-spacing:-.015em;text-wrap:pretty}p,li{margin:.5rem 0;color:var(--soft);text-wrap:pretty;overflow-wrap:anywhere}ul{margin:1rem 0;padding-left:1.25rem}nav,form{display:grid;gap:.75rem;margin-top:1.75rem}a,button{display:flex;align-items:center;justify-content:center;min-height:2.75rem;padding:.5rem 1.5rem;border:1px solid var(--rim);border-radius:.625rem;background:none;color:var(--ink);font:inherit;text-decoration:none;cursor:pointer}a:hover{background:var(--tint)}a.first,button{background:var(--accent);border-color:var(--accent);color:var(--on-accent);font-weight:600}a.first:hover,button:hover{background:color-mix(in oklab,var(--accent),var(--ink) 14%)}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}small{display:block;margin-top:1.75rem;color:var(--soft);font-size:.875rem;overflow-wrap:anywhere}';

/** The style of our own pages: one text, so that one hash lets it pass. */
interface PageStyle {
  readonly text: string;
  /** The source expression that lets it pass the policy. @see CSP 3 section 2.3.1 */
  readonly hash: string;
  /** Address of the page's icon: the logo, or a door in the accent colour. */
  readonly icon: string;
}

const createPageStyle = ({ accentColor: given = '2a56c6', logoUrl }: Brand): PageStyle => {
  const accentColor = `#${given.replace('#', '')}`;
  const icon = logoUrl ?? printIcon(accentColor);
  const onAccent = luminance(accentColor) > equalContrast ? '#0e1520' : '#ffffff';
  const accent = `:root{--accent:light-dark(${accentColor},${onDark(accentColor)});--on-accent:light-dark(${onAccent},#0e1520)}`;
  const text = `${base}${accent}header::before{background:url("${icon}") center/contain no-repeat}`;
  const hash = `sha256-${createHash('sha256').update(text).digest('base64')}`;
  return { text, hash, icon };
};

/** Look and language of our own pages: prepared once for a brand. */
export interface PageLook {
  /** Name of the product. */
  readonly name: string | undefined;
  readonly style: PageStyle;
  /** What each language says in place of an English text. */
  readonly languages: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Prepares the look of our own pages, in English, German, and the languages of the brand, whose texts come first. */
export const createPageLook = ({ name, texts = {}, ...style }: Brand): PageLook => {
  const ours: NonNullable<Brand['texts']> = { en: {}, de: german };
  const languages = Object.keys({ ...ours, ...texts }).map(
    (each) => [each, new Map(Object.entries({ ...ours[each], ...texts[each] }))] as const,
  );
  return { name, style: createPageStyle(style), languages: new Map(languages) };
};

/** The languages of an `Accept-Language`, best first, without their regions. @see RFC 9110 section 12.5.4 */
const readLanguages = (acceptLanguage: string): readonly string[] =>
  acceptLanguage
    .slice(0, 256)
    .toLowerCase()
    .split(',')
    .map((entry) => {
      const [, language = '', quality = '1'] = /^\s*([a-z]{2,3})\b[^;]*(?:;\s*q=([\d.]+))?/.exec(entry) ?? [];
      return { language, quality: Number(quality) };
    })
    .filter(({ language, quality }) => language !== '' && quality > 0)
    .toSorted((one, other) => other.quality - one.quality)
    .map(({ language }) => language);

/** The look where no BFF is known. */
export const defaultLook = createPageLook({});

/** The look for a request; the default one where no BFF is registered around it. */
export const pageLookOf = ({ server }: Pick<FastifyRequest, 'server'>): PageLook =>
  server.hasDecorator('foyer') ? server.foyer.look : defaultLook;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Says an English text in the language of a page, as HTML. */
export type Say = (text: string) => string;

/** One of our own pages: no script, nothing of the request but `requestId`, whose form is checked on arrival. */
export interface Page {
  /** In English. */
  readonly title: string;
  /** HTML of ours, between heading and request id. */
  readonly body: (say: Say) => string;
  readonly requestId?: string;
  /** A path of ours to go to at once. */
  readonly continueAt?: string;
}

/** Prints a page as HTML in one look, in the language that the headers ask for. */
export const printPageIn = (
  { name, style, languages }: PageLook,
  headers: Pick<IncomingHttpHeaders, 'accept-language'>,
  page: Page,
): string => {
  const wished = readLanguages(headers['accept-language'] ?? '');
  const language = wished.find((each) => languages.has(each)) ?? 'en';
  const say: Say = (text) => escapeHtml(languages.get(language)?.get(text) ?? text);
  const title = say(page.title);
  const shownName = name === undefined ? '' : escapeHtml(name);
  const refresh =
    page.continueAt === undefined
      ? ''
      : `<meta http-equiv="refresh" content="0;url=${escapeHtml(page.continueAt)}">`;
  const id = page.requestId === undefined ? '' : `<small>${say('Request id:')} ${page.requestId}</small>`;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">${refresh}<title>${shownName === '' ? title : `${title} · ${shownName}`}</title><link rel="icon" href="${style.icon}"><style>${style.text}</style></head><body><main><header>${shownName}</header><h1>${title}</h1>${page.body(say)}${id}</main></body></html>`;
};

/** Sends a page, in the language and with the brand that the request leads to. */
export const sendPage = (reply: FastifyReply, page: Page): FastifyReply => {
  const { request } = reply;
  const html = printPageIn(pageLookOf(request), request.headers, page);
  return reply.type('text/html; charset=utf-8').send(html);
};
