import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { variables } from '@foyer/environment';
import { type DeclaredOption, formatDuration, formatSize, pluginOptions } from '@foyer/fastify/options';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The doc comments of the options that a source declares, by option. */
const readDocComments = (path: string): readonly (readonly [string, string])[] =>
  [...readFileSync(root + path, 'utf8').matchAll(/\/\*\*((?:(?!\*\/)[\s\S])+)\*\/\s+(\w+): option\(/g)].map(
    ([, comment = '', name = '']) => [name, comment.replaceAll(/\s*\n[\s*]*/g, ' ').trim()],
  );

const docComments = new Map(
  globSync('packages/{fastify/src/options,environment/src}/*.ts', { cwd: root }).flatMap(readDocComments),
);

const variableOf = new Map(variables.map(({ option, facts }) => [option, facts.variable]));

/** A declaration's doc comment, of variables in place of options: its meaning, and the words for its default, if any. */
const readMeaning = ({ option }: DeclaredOption): readonly [meaning: string, unset?: string] => {
  const comment = docComments.get(option);
  if (comment === undefined) throw new TypeError(`The option ${option} is declared without a doc comment`);
  const [meaning = '', unset] = comment
    .replaceAll(/(?<=`)\w+(?=`)/g, (name) => variableOf.get(name) ?? name)
    .replace(/, in (seconds|bytes) or as a text such as `[^`]+`/, '')
    .replace(/ Default [^:]+\.$/, '')
    .replace(/\.$/, '')
    .split(/\. Default(?: of the app)?: /);
  return unset === undefined ? [meaning] : [meaning, unset];
};

/** The default as the variable would have it; empty where there is none, or none that can be written. */
const defaultText = (declared: DeclaredOption): string => {
  const { facts, defaultValue: value } = declared;
  if (readMeaning(declared).length > 1) return '';
  if (facts.form === 'duration') return formatDuration(Number(value));
  if (facts.form === 'size') return formatSize(Number(value));
  if (facts.form === 'json' && value !== undefined) return JSON.stringify(value);
  return typeof value === 'object' || value === undefined ? (facts.fallback ?? '') : String(value);
};

const describeDefault = (declared: DeclaredOption): string => {
  const [, unset = 'none'] = readMeaning(declared);
  const text = defaultText(declared);
  return text === '' ? unset : `\`${text}\``;
};

/** The meaning, and how the variable is written where one example shows it. */
const describe = (declared: DeclaredOption): string => {
  const { form, remedy, variable } = declared.facts;
  const said = readMeaning(declared)[0].replace('{ file }', `${variable}_FILE`);
  const inSentence = said.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  const meaning = form === 'list' ? `Comma list of ${inSentence}` : said;
  const [, example] = /^Write it as ((?!.* or ).+)\.$/.exec(remedy) ?? [];
  if (example !== undefined) return `${meaning}. Write it as \`${example}\``;
  return remedy.startsWith('See ') ? `${meaning}. ${remedy.slice(0, -1)}` : meaning;
};

const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll(/docs\/([\w-]+\.md)(#[\w-]+)?/g, '[$1]($1$2)');

const namesOf = ({ facts: { variable, aliases = [] } }: DeclaredOption): string =>
  [variable, ...aliases].map((each) => `\`${each}\``).join(', or ');

const tableOf = (declared: readonly DeclaredOption[]): readonly string[] => [
  '| variable | default | meaning |',
  '| --- | --- | --- |',
  ...declared.map((each) => `| ${namesOf(each)} | ${describeDefault(each)} | ${cell(describe(each))} |`),
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
      `# ${describe(each)}. Default: ${describeDefault(each)}.`.replaceAll('`', ''),
      `# ${each.facts.variable}=${defaultText(each)}`,
    ]),
    '',
  ].join('\n');
