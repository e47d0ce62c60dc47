import type { Brand } from '../options/brand.ts';
import { german } from './german.ts';

/** Says an English text in the language of a page. */
export type Say = (text: string) => string;

/** The languages that our own pages speak, and what they say. */
export interface PageTexts {
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
export const createPageTexts = (own: NonNullable<Brand['texts']>): PageTexts => {
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
