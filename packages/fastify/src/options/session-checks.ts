import type { Check, Values } from './check.ts';

const knownKeys = new Set([Buffer.alloc(32).toString('base64'), Buffer.alloc(32, 1).toString('base64')]);

const isWeakKey = (key: Buffer): boolean =>
  new Set(key).size < 12 ||
  /^[\x20-\x7e]{32}$/.test(key.toString('latin1')) ||
  knownKeys.has(key.toString('base64'));

/** Random, of 32 bytes, and each once. */
export const checkSessionKeys =
  ({ sessionKeys }: Values): Check =>
  (report) => {
    const remedy = 'Make one with: pnpm key.';
    if (!sessionKeys?.length) return report('is empty', remedy);
    sessionKeys.forEach((text, index) => {
      const key = Buffer.from(text, 'base64');
      const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(text);
      if (!isBase64 || key.length !== 32) report(`key ${index + 1} is not 32 bytes in base64`, remedy);
      else if (isWeakKey(key)) report(`key ${index + 1} is not random`, remedy);
    });
    if (new Set(sessionKeys).size !== sessionKeys.length)
      report('holds the same key twice', 'Leave one of them out.');
  };

/** A plain name, where it is given. */
export const checkCookieName =
  ({ cookieName }: Values): Check =>
  (report) => {
    if (cookieName !== undefined && !/^(?!__)[A-Za-z0-9_-]{1,32}$/.test(cookieName)) {
      report(
        'is not a plain cookie name',
        'Use 1 to 32 letters, digits, hyphens and underscores, and leave __Host- out.',
      );
    }
  };
