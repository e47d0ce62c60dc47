import { variables } from '@foyer/environment';
import { type DeclaredOption, formatDuration, formatSize, pluginOptions } from '@foyer/fastify/options';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The default as the variable would have it; empty where there is none, or none that can be written. */
const defaultText = ({ facts, defaultValue: value }: DeclaredOption): string => {
  const { form, fallback, defaultInWords } = facts;
  if (defaultInWords !== undefined) return '';
  if (form === 'duration') return formatDuration(Number(value));
  if (form === 'size') return formatSize(Number(value));
  if (form === 'json' && value !== undefined) return JSON.stringify(value);
  return typeof value === 'object' || value === undefined ? (fallback ?? '') : String(value);
};

const isRequired = ({ option, facts, defaultValue }: DeclaredOption): boolean =>
  ['issuer', 'clientId'].includes(option) && facts.fallback === undefined && defaultValue === undefined;

const describeDefault = (declared: DeclaredOption): string => {
  if (isRequired(declared)) return 'required';
  const text = defaultText(declared);
  return text === '' ? (declared.facts.defaultInWords ?? 'none') : `\`${text}\``;
};

const namesOf = ({ facts: { variable, aliases = [] } }: DeclaredOption): string =>
  [variable, ...aliases].map((each) => `\`${each}\``).join(', or ');

const tableOf = (declared: readonly DeclaredOption[]): readonly string[] => [
  '| variable | default | meaning |',
  '| --- | --- | --- |',
  ...declared.map((each) => `| ${namesOf(each)} | ${describeDefault(each)} | ${cell(each.facts.meaning)} |`),
];

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
    '## Signing in',
    '',
    ...tableOf(pluginOptions),
    '',
    '## The server',
    '',
    ...tableOf(variables.filter((each) => !pluginOptions.includes(each))),
    '',
  ].join('\n');

/** The text of .env.example. */
export const createExampleFile = (): string =>
  [
    '# Copy to .env and uncomment what you need. With no OIDC_ISSUER, pnpm dev runs a provider of its own.',
    ...variables.flatMap((each) => [
      '',
      `# ${each.facts.meaning.replaceAll('`', '')}. Default: ${describeDefault(each).replaceAll('`', '')}.`,
      `# ${each.facts.variable}=${defaultText(each)}`,
    ]),
    '',
  ].join('\n');
