import type { Directives } from '../options/policy-additions.ts';

/** Prints a policy as the value of its header. */
const printDirectives = (directives: Directives): string =>
  [...directives].map(([name, sources]) => [name, ...sources].join(' ')).join('; ');

const toDefault = ['default-src'] as const;

/** The directives that a browser uses where one is missing, first to last. @see CSP 3 section 6.8.3 */
const fallbacks = new Map<string, readonly string[]>([
  ['child-src', toDefault],
  ['connect-src', toDefault],
  ['font-src', toDefault],
  ['frame-src', ['child-src', ...toDefault]],
  ['img-src', toDefault],
  ['manifest-src', toDefault],
  ['media-src', toDefault],
  ['object-src', toDefault],
  ['script-src', toDefault],
  ['script-src-attr', ['script-src', ...toDefault]],
  ['script-src-elem', ['script-src', ...toDefault]],
  ['style-src', toDefault],
  ['style-src-attr', ['style-src', ...toDefault]],
  ['style-src-elem', ['style-src', ...toDefault]],
  ['worker-src', ['child-src', 'script-src', ...toDefault]],
]);

const currentSources = (directives: Directives, name: string): readonly string[] => {
  const found = [name, ...(fallbacks.get(name) ?? [])].find((each) => directives.has(each));
  return found === undefined ? [] : (directives.get(found) ?? []);
};

const isHash = (source: string): boolean => /^'sha(256|384|512)-/i.test(source);

/** A browser ignores `'unsafe-inline'` beside a hash, so that the hashes have to go for it to take effect. */
const withoutUselessHashes = (sources: readonly string[]): readonly string[] =>
  sources.includes("'unsafe-inline'")
    ? sources.filter((source) => !isHash(source) && source !== "'unsafe-hashes'")
    : sources;

/** Adds sources to a policy. A directive that is new begins with the sources that applied in its place. */
export const addSources = (base: Directives, added: Directives): Directives => {
  const result = new Map(base);
  for (const [name, sources] of added) {
    const current = currentSources(base, name).filter((source) => source !== "'none'");
    result.set(name, withoutUselessHashes([...new Set([...current, ...sources])]));
  }
  return result;
};

/** Prints a policy once the origin of the provider's end-session endpoint is known, or is not. */
export type PrintPolicy = (endSessionOrigin: string | undefined) => string;

/** A form that posts to `/logout` is redirected to the provider, so `form-action` has to name its origin. */
export const printWithFormAction = (directives: Directives): PrintPolicy => {
  let known: string | undefined;
  let printed = printDirectives(directives);
  return (origin) => {
    if (origin === known) return printed;
    known = origin;
    const formAction = new Map([['form-action', origin === undefined ? [] : [origin]]]);
    printed = printDirectives(addSources(directives, formAction));
    return printed;
  };
};
