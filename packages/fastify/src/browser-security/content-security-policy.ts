import { type Directives, parseDirectives } from '../options/policy-additions.ts';
import type { ResolvedOptions } from '../options.ts';

/** Prints a policy as the value of its header. */
const printDirectives = (directives: Directives): string =>
  [...directives].map(([name, sources]) => [name, ...sources].join(' ')).join('; ');

/** The directives that a browser uses where one is missing, first to last, before `default-src`. @see CSP 3 section 6.8.3 */
const fallbacks = new Map([
  ['frame-src', ['child-src']],
  ['script-src-attr', ['script-src']],
  ['script-src-elem', ['script-src']],
  ['style-src-attr', ['style-src']],
  ['style-src-elem', ['style-src']],
  ['worker-src', ['child-src', 'script-src']],
]);

const currentSources = (directives: Directives, name: string): readonly string[] => {
  const toDefault = /-src(-attr|-elem)?$/.test(name) ? ['default-src'] : [];
  const applied = [name, ...(fallbacks.get(name) ?? []), ...toDefault];
  return applied.map((each) => directives.get(each)).find((sources) => sources !== undefined) ?? [];
};

const isHash = (source: string): boolean => /^'sha(256|384|512)-/i.test(source);

/** A browser ignores `'unsafe-inline'` beside a hash, so that the hashes have to go for it to take effect. */
const withoutUselessHashes = (sources: readonly string[]): readonly string[] =>
  sources.includes("'unsafe-inline'")
    ? sources.filter((source) => !isHash(source) && source !== "'unsafe-hashes'")
    : sources;

/** Adds sources to a policy. A directive that is new begins with the sources that applied in its place. */
const addSources = (base: Directives, added: Directives): Directives => {
  const result = new Map(base);
  for (const [name, sources] of added) {
    const current = currentSources(base, name).filter((source) => source !== "'none'");
    result.set(name, withoutUselessHashes([...new Set([...current, ...sources])]));
  }
  return result;
};

/** Reads the origin of the provider's end-session endpoint; `undefined` before it is known, and where there is none. */
type ReadOrigin = () => string | undefined;

/** Prints a policy as it is now. */
export type PrintPolicy = () => string;

/** A form that posts to `/logout` is redirected to the provider, so `form-action` has to name its origin. */
const printWithFormAction = (directives: Directives, readOrigin: ReadOrigin): PrintPolicy => {
  let known: string | undefined;
  let printed = printDirectives(directives);
  return () => {
    const origin = readOrigin();
    if (origin === known) return printed;
    known = origin;
    const formAction = new Map([['form-action', origin === undefined ? [] : [origin]]]);
    printed = printDirectives(addSources(directives, formAction));
    return printed;
  };
};

/** Source expressions of the inline scripts and styles of one HTML file. @see CSP 3 section 2.3.1 */
export interface InlineSources {
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

/** The hash of an empty `<style>`, which styled-components and Emotion fill by script. */
const emptyStyle = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** Everything from our own origin, and the styles of one hash. */
const createStrict = (style: string): Directives =>
  parseDirectives(
    `default-src 'self'; script-src 'self'; style-src 'self' ${style}; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'`,
  );

/** Makes the policy of our own answers: JSON, and pages of our own with one style, of this hash. */
export const createAnswerPolicy = (styleHash: string, endSessionOrigin: ReadOrigin): PrintPolicy =>
  printWithFormAction(createStrict(`'${styleHash}'`), endSessionOrigin);

/** A dev server's pages have inline scripts and styles, open its WebSocket, and wait for it in a worker from a blob. */
const developmentAdditions = parseDirectives(
  "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; connect-src ws: wss:; worker-src blob:",
);

/** Makes the policies of the SPA's pages: what `spaCsp` adds, and each file's own inline scripts and styles. */
export const createPagePolicies = (
  { spa, spaCsp }: Pick<ResolvedOptions, 'spa' | 'spaCsp'>,
  endSessionOrigin: ReadOrigin,
): ((inline: InlineSources) => PrintPolicy) => {
  const isDevelopment = spa !== undefined && 'devServer' in spa;
  const strict = createStrict(emptyStyle);
  const base = isDevelopment ? addSources(strict, developmentAdditions) : strict;
  const additions = parseDirectives(spaCsp ?? '');
  return ({ scripts, styles }) => {
    const inline = addSources(
      addSources(base, new Map([['script-src', scripts]])),
      new Map([['style-src', styles]]),
    );
    return printWithFormAction(addSources(inline, additions), endSessionOrigin);
  };
};
