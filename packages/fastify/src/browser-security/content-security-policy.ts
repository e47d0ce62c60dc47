import { type Directives, parseDirectives } from '../options/policy-additions.ts';
import type { ResolvedOptions } from '../options.ts';
import { addSources, type PrintPolicy, printWithFormAction } from './policy-directives.ts';

/** Source expressions of the inline scripts and styles of one HTML file. @see CSP 3 section 2.3.1 */
export interface InlineSources {
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

/** Of a `<style>` without text, which styled-components and Emotion fill by script. */
const emptyStyle = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** Everything from our own origin, and the styles of one hash. */
const createStrict = (style: string): Directives =>
  parseDirectives(
    `default-src 'self'; script-src 'self'; style-src 'self' ${style}; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'`,
  );

/** Makes the policy of our own answers: JSON, and pages of our own with one style, of this hash. */
export const createAnswerPolicy = (styleHash: string): PrintPolicy =>
  printWithFormAction(createStrict(`'${styleHash}'`));

/** A dev server's pages have inline scripts and styles, open its WebSocket, and wait for it in a worker from a blob. */
const developmentAdditions = parseDirectives(
  "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; connect-src ws: wss:; worker-src blob:",
);

/** Makes the policies of the SPA's pages: what `spaCsp` adds, and each file's own inline scripts and styles. */
export const createPagePolicies = ({
  spa,
  spaCsp,
}: Pick<ResolvedOptions, 'spa' | 'spaCsp'>): ((inline: InlineSources) => PrintPolicy) => {
  const isDevelopment = spa !== undefined && 'devServer' in spa;
  const strict = createStrict(emptyStyle);
  const base = isDevelopment ? addSources(strict, developmentAdditions) : strict;
  const additions = parseDirectives(spaCsp ?? '');
  return ({ scripts, styles }) => {
    const inline = new Map([
      ...(scripts.length === 0 ? [] : [['script-src', scripts] as const]),
      ...(styles.length === 0 ? [] : [['style-src', styles] as const]),
    ]);
    return printWithFormAction(addSources(addSources(base, inline), additions));
  };
};
