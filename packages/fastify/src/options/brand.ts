import { z } from 'zod';
import { check, option, type Refuse } from './option.ts';

const brandShape = z
  .strictObject({
    /** Name of the application, at most 60 characters. Default: what the built SPA calls itself. */
    name: z.string().optional(),
    /** Path of a picture on our own origin, such as `/logo.svg`. Default: a door in the accent colour. */
    logoUrl: z.string().optional(),
    /** Colour of links and buttons, as `#2a56c6` or `2a56c6`; the text on it and the dark variant are chosen. */
    accentColor: z.string().optional(),
    /** Other words for ours, by language and by our English text. A language that is not ours is added by this. */
    texts: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  })
  .readonly();

/** Look and language of the BFF's own pages. */
export type Brand = z.output<typeof brandShape>;

const checkBrand = ({ name, logoUrl, accentColor, texts = {} }: Brand, refuse: Refuse): void => {
  if (name !== undefined && !/^(?=.*\S)[^\p{Cc}]{1,60}$/u.test(name))
    refuse('has a name that is not 1 to 60 characters on one line', 'Shorten the name.');
  if (logoUrl !== undefined && !/^\/(?![/\\])[\w.~%/-]+$/.test(logoUrl))
    refuse('has a logoUrl that is not a path of our own origin', 'Write it as /logo.svg.');
  if (accentColor !== undefined && !/^#?[0-9a-f]{6}$/i.test(accentColor))
    refuse('has an accentColor that is not a colour of six digits', 'Write it as #2a56c6.');
  for (const language of Object.keys(texts))
    if (!/^[a-z]{2,3}$/.test(language))
      refuse(`has texts of ${language}, which is not a language`, 'Use codes such as en, de or fr.');
};

/** The brand of our own pages, one option. */
export const brand = option(brandShape.superRefine(check(checkBrand)).default({}), {
  variable: 'BRAND',
  form: 'json',
  defaultInWords: 'none',
  meaning:
    'Name, logo, colour and words of the BFF’s own pages (errors, signing out): `{"name":"My App","logoUrl":"/logo.svg","accentColor":"2a56c6"}`. The logo is a path of our own origin. `texts` replaces sentences by language: `{"en":{"Try again":"Once more"}}`. Without a name, the built SPA’s `application-name` or title is shown',
  remedy: 'Write it as {"name":"My App","logoUrl":"/logo.svg","accentColor":"2a56c6"}.',
});
