/** A content security policy: each directive's name with its sources. */
export type Directives = ReadonlyMap<string, readonly string[]>;

/** Reads a policy. A directive that stands there twice has the sources of both. */
export const parseDirectives = (text: string): Directives => {
  const directives = new Map<string, readonly string[]>();
  for (const directive of text.split(';')) {
    const [written = '', ...sources] = directive.trim().split(/\s+/);
    const name = written.toLowerCase();
    if (name !== '') directives.set(name, [...(directives.get(name) ?? []), ...sources]);
  }
  return directives;
};

/** Every directive that browsers know today. @see CSP 3 section 6 */
const known = new Set([
  ...['default-src', 'child-src', 'connect-src', 'font-src', 'frame-src', 'img-src', 'manifest-src'],
  ...['media-src', 'object-src', 'script-src', 'script-src-attr', 'script-src-elem', 'style-src'],
  ...['style-src-attr', 'style-src-elem', 'worker-src', 'base-uri', 'form-action', 'frame-ancestors'],
  ...['sandbox', 'report-uri', 'report-to', 'require-trusted-types-for', 'trusted-types'],
  'upgrade-insecure-requests',
]);

const keywords =
  /^(self|none|unsafe-inline|unsafe-eval|unsafe-hashes|wasm-unsafe-eval|strict-dynamic|report-sample|nonce-.+|sha(256|384|512)-.+)$/i;

const isList = (name: string): boolean =>
  /-src(-attr|-elem)?$/.test(name) || ['base-uri', 'form-action', 'frame-ancestors'].includes(name);

/** What the policy of the pages denies already. */
const denied = ['object-src', 'frame-ancestors'];

const switchesInlineOff = (source: string): boolean =>
  /^'(sha(256|384|512)-|nonce-)/i.test(source) || source === "'strict-dynamic'";

const judgeSources = (name: string, sources: readonly string[]): string | undefined => {
  const bare = sources.find((source) => keywords.test(source));
  if (bare !== undefined) return `has ${bare} without quotes in ${name}, which is read as a host`;
  if (sources.includes("'none'") && (sources.length > 1 || !denied.includes(name)))
    return `adds 'none' to ${name}, which browsers ignore beside the sources that are there`;
  if (sources.includes("'unsafe-inline'") && sources.some(switchesInlineOff))
    return `has 'unsafe-inline' in ${name} beside a hash, a nonce or 'strict-dynamic', for which browsers ignore it`;
  return undefined;
};

const judgeDirective = ([name, sources]: readonly [string, readonly string[]]): string | undefined => {
  if (!known.has(name)) return 'has a directive that browsers do not know';
  return isList(name) ? judgeSources(name, sources) : undefined;
};

/**
 * What browsers would ignore of an addition to the pages' policy, for the message at the start; `undefined` when all of
 * it takes effect.
 */
export const findIneffectiveAddition = (text: string): string | undefined => {
  const directives: Directives = parseDirectives(text);
  return [...directives].map(judgeDirective).find((problem) => problem !== undefined);
};
