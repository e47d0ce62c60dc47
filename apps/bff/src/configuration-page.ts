import type { Variable } from './variables/variable.ts';
import { variables } from './variables.ts';

const entries: readonly (readonly [string, Variable<unknown>])[] = Object.entries(variables);

const cell = (text: string): string => text.replaceAll('|', '\\|');

const defaultOf = ({ fallback, otherwise, isRequired }: Variable<unknown>): string => {
  if (isRequired) return 'required';
  return fallback === undefined ? (otherwise ?? 'none') : `\`${fallback}\``;
};

const namesOf = (name: string, { aliases = [] }: Variable<unknown>): string =>
  [name, ...aliases].map((each) => `\`${each}\``).join(', or ');

/** The text of docs/configuration.md. */
export const createConfigurationPage = (): string =>
  [
    '# Configuration',
    '',
    'Read once, from the environment. `.env` is loaded by `pnpm dev`, `pnpm start` and `pnpm run doctor`, and never in the image.',
    'Every mistake is reported at once, and the exit code is 1. Any variable `NAME` may be given as `NAME_FILE`, the path of a',
    'file that holds the value. Durations are `90s`, `30m`, `12h` or plain seconds. A loopback host is `localhost`,',
    '`*.localhost`, `127.0.0.0/8` or `[::1]`.',
    '',
    '| variable | default | meaning |',
    '| --- | --- | --- |',
    ...entries.map(
      ([name, facts]) => `| ${namesOf(name, facts)} | ${defaultOf(facts)} | ${cell(facts.meaning)} |`,
    ),
    '',
  ].join('\n');

/** The text of .env.example. */
export const createExampleFile = (): string =>
  [
    '# Copy to .env and uncomment what you need. With no OIDC_ISSUER, pnpm dev runs a provider of its own.',
    ...entries.flatMap(([name, facts]) => [
      '',
      `# ${facts.meaning.replaceAll('`', '')}. Default: ${defaultOf(facts).replaceAll('`', '')}.`,
      `# ${name}=${facts.fallback ?? ''}`,
    ]),
    '',
  ].join('\n');
