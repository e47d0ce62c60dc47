import type { LoginHints } from '../provider/provider.ts';

/** Parameters that came exactly once; `get` gives `undefined` for all others. */
export interface Query {
  readonly get: (name: string) => string | undefined;
  readonly parameters: URLSearchParams;
}

/** Reads the query of a request target. */
export const readQuery = (url: string): Query => {
  const mark = url.indexOf('?');
  const parameters = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  return {
    get: (name) => (parameters.getAll(name).length === 1 ? (parameters.get(name) ?? undefined) : undefined),
    parameters,
  };
};

const wellFormed: Readonly<Record<Exclude<keyof LoginHints, 'max_age'>, RegExp>> = {
  prompt: /^(login|select_account|consent|create|none)$/,
  login_hint: /^[^\p{Cc}]{1,256}$/u,
  ui_locales: /^[A-Za-z0-9-]+( [A-Za-z0-9-]+){0,15}$/,
  acr_values: /^[\x21-\x7e]+( [\x21-\x7e]+){0,15}$/,
};

/**
 * Takes the login hints that are passed on, each when it is well-formed; anything else is dropped.
 *
 * @see OpenID Connect Core section 3.1.2.1
 */
export const parseLoginHints = (query: Query): LoginHints => {
  const texts = Object.entries(wellFormed).flatMap(([name, form]) => {
    const value = query.get(name);
    return value !== undefined && value.length <= 512 && form.test(value) ? [[name, value] as const] : [];
  });
  const maxAge = query.get('max_age');
  return {
    ...Object.fromEntries(texts),
    ...(maxAge !== undefined && /^\d{1,9}$/.test(maxAge) ? { max_age: Number(maxAge) } : {}),
  };
};
