import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Brand } from '../options/page-options.ts';
import { german } from './german.ts';
import { createPageStyle, type PageStyle } from './page-style.ts';

/** Says an English text in the language of a page. */
export type Say = (text: string) => string;

/** The languages that our own pages speak, and what they say. */
interface PageTexts {
  /** The language that the visitor likes best among ours; English where none is. */
  readonly choose: (acceptLanguage: string | undefined) => string;
  /** Says a text in a language; in English where that language lacks it. */
  readonly say: (language: string, text: string) => string;
}

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

/** Makes the texts: ours in English and German, and those of the brand before them. */
const createPageTexts = (own: NonNullable<Brand['texts']>): PageTexts => {
  const ours: NonNullable<Brand['texts']> = { en: {}, de: german };
  const spoken = new Map(
    [...new Set([...Object.keys(ours), ...Object.keys(own)])].map((language) => [
      language,
      new Map(Object.entries({ ...ours[language], ...own[language] })),
    ]),
  );
  return {
    choose: (acceptLanguage = '') =>
      readLanguages(acceptLanguage).find((language) => spoken.has(language)) ?? 'en',
    say: (language, text) => spoken.get(language)?.get(text) ?? text,
  };
};

/** Look and language of our own pages: prepared once for a brand. */
export interface PageLook {
  readonly name: string | undefined;
  readonly style: PageStyle;
  readonly texts: PageTexts;
}

/** Prepares the look of our own pages. */
export const createPageLook = (brand: Brand): PageLook => ({
  name: brand.name,
  style: createPageStyle(brand),
  texts: createPageTexts(brand.texts ?? {}),
});

/** The look where no BFF is known. */
export const defaultLook = createPageLook({});

/** The look for a request; the default one where no BFF is registered around it. */
export const pageLookOf = ({ server }: Pick<FastifyRequest, 'server'>): PageLook => {
  const { foyer }: { readonly foyer?: { readonly look: PageLook } } = server;
  return foyer?.look ?? defaultLook;
};

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** One of our own pages: no script, nothing of the request but `requestId`, whose form is checked on arrival. */
export interface Page {
  /** In English. */
  readonly title: string;
  /** HTML of ours, between heading and request id; `say` gives a text in the language of the page, as HTML. */
  readonly body: (say: Say) => string;
  readonly requestId: string | undefined;
  /** A path of ours to go to at once. */
  readonly continueAt?: string;
}

/** Prints a page as HTML in one look, in the language that the headers ask for. */
export const printPageIn = (
  { name, style, texts }: PageLook,
  headers: Pick<IncomingHttpHeaders, 'accept-language'>,
  page: Page,
): string => {
  const language = texts.choose(headers['accept-language']);
  const say: Say = (text) => escapeHtml(texts.say(language, text));
  const title = say(page.title);
  const shownName = name === undefined ? '' : escapeHtml(name);
  const refresh =
    page.continueAt === undefined
      ? ''
      : `<meta http-equiv="refresh" content="0;url=${escapeHtml(page.continueAt)}">`;
  const id = page.requestId === undefined ? '' : `<small>${say('Request id:')} ${page.requestId}</small>`;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">${refresh}<title>${shownName === '' ? title : `${title} · ${shownName}`}</title><link rel="icon" href="${style.icon}"><style>${style.text}</style></head><body><main><header>${shownName}</header><h1>${title}</h1>${page.body(say)}${id}</main></body></html>`;
};

/** Prints a page as HTML, in the language and with the brand that the request leads to. */
export const printPage = (request: Pick<FastifyRequest, 'server' | 'headers'>, page: Page): string =>
  printPageIn(pageLookOf(request), request.headers, page);
