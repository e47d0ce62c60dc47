import type { ResolvedOptions } from '../options.ts';
import { pageStyleHash } from '../pages/page.ts';

type Policy = ReadonlyMap<string, readonly string[]>;

const parsePolicy = (text: string): Policy =>
  new Map(
    text
      .split(';')
      .map((directive) => directive.trim().split(/\s+/))
      .flatMap(([name, ...sources]) => (name ? [[name.toLowerCase(), sources] as const] : [])),
  );

const merged = (base: Policy, added: Policy): Policy => {
  const result = new Map(base);
  for (const [name, sources] of added) {
    const existing = (result.get(name) ?? result.get('default-src') ?? []).filter(
      (source) => source !== "'none'",
    );
    result.set(name, [...new Set([...existing, ...sources])]);
  }
  return result;
};

const print = (policy: Policy): string =>
  [...policy].map(([name, sources]) => [name, ...sources].join(' ')).join('; ');

const strict = `default-src 'self'; script-src 'self'; style-src 'self' '${pageStyleHash}'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'`;

/** A dev server's pages carry inline script and styles, open its WebSocket, and wait for it in a worker made of text. */
const developmentAdditions =
  "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; connect-src ws: wss:; worker-src blob:";

/** The policies of our answers, made anew only when the end-session origin becomes known. */
export interface ContentSecurityPolicies {
  /** For everything but the SPA's pages. */
  readonly answers: (endSessionOrigin: string | undefined) => string;
  /** For the SPA's pages and assets. */
  readonly pages: (endSessionOrigin: string | undefined) => string;
}

/** A form that posts to `/logout` is redirected to the provider, so `form-action` names its origin. @see CSP 3 */
const withFormAction = (policy: Policy): ((origin: string | undefined) => string) => {
  let known: string | undefined;
  let printed = print(policy);
  return (origin) => {
    if (origin === known) return printed;
    known = origin;
    printed = print(merged(policy, new Map([['form-action', origin === undefined ? [] : [origin]]])));
    return printed;
  };
};

/** Makes the policies; `spaCsp` adds to both, `spa.devServer` relaxes the pages. */
export const createContentSecurityPolicies = ({ spa, spaCsp }: ResolvedOptions): ContentSecurityPolicies => {
  const base = merged(parsePolicy(strict), parsePolicy(spaCsp ?? ''));
  const isDevelopment = spa !== undefined && 'devServer' in spa;
  const pages = isDevelopment
    ? merged(new Map([...base, ['style-src', ["'self'"]]]), parsePolicy(developmentAdditions))
    : base;
  return { answers: withFormAction(base), pages: withFormAction(pages) };
};
