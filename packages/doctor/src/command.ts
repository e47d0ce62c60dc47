import { parseArgs } from 'node:util';
import { codeOf, describeUnknown } from '@foyer/environment';
import { openSessionStore } from '@foyer/fastify';
import { resolveOptions } from '@foyer/fastify/options';
import { examine } from './examination.ts';
import { about, type Finding, note } from './finding.ts';
import { examineLive } from './live/live-report.ts';
import { type ParseEnvironment, type Reading, readConfiguration } from './reading.ts';

const print = (verdict: Finding['verdict'], text: string): void =>
  console.log(`${verdict.padEnd(5)} ${text}`);

/** What a finding is made of; a finding is left out when one of its variables is refused, so that no default is examined. */
const subjects: Readonly<Partial<Record<Finding['subject'], RegExp>>> = {
  provider: /^(OIDC_|PROVIDERS|PUBLIC_URL)/,
  clock: /^(OIDC_|PROVIDERS)/,
  cookies: /^(PUBLIC_URL|COOKIE_NAME)/,
  'session keys': /^SESSION_KEYS/,
  'session store': /^SESSION_STORE/,
  'API routes': /^(API_ROUTES|OIDC_SCOPE|OIDC_AUTHORIZATION_PARAMS)/,
};

const configuration = about('configuration');

const judgeReading = ({ settings, mistakes, unknown }: Reading): readonly Finding[] => [
  ...mistakes.map(({ variable, problem, remedy }) => configuration.bad(`${variable} ${problem}. ${remedy}`)),
  ...(mistakes.length === 0 ? [configuration.ok('every variable is well-formed')] : []),
  ...unknown.map((name) => configuration.note(describeUnknown(name))),
  ...(settings === undefined ? [note('is examined once the mistakes above are corrected')] : []),
];

const examineSettings = async (
  { settings, mistakes }: Reading,
  sampleFile: string | undefined,
): Promise<readonly Finding[]> => {
  if (settings === undefined) return [];
  const sessionStore = await openSessionStore('memory:');
  const options = resolveOptions({ ...settings.options, sessionStore });
  const findings = await examine(options, settings.storeUrl, sampleFile);
  await sessionStore.close();
  return findings.filter(
    ({ subject }) => !mistakes.some(({ variable }) => subjects[subject]?.test(variable)),
  );
};

const examineHere = async (read: Reading, sampleFile: string | undefined): Promise<boolean> => {
  const findings = [...judgeReading(read), ...(await examineSettings(read, sampleFile))];
  for (const { verdict, subject, text } of findings) print(verdict, `${subject}: ${text}`);
  return findings.every(({ verdict }) => verdict !== 'bad');
};

const describeUnreachable = (code: string): string =>
  /CERT|ISSUER|SIGNATURE/.test(code)
    ? `The deployment’s certificate is not trusted here (${code}). For a private authority set NODE_EXTRA_CA_CERTS to its file.`
    : `The deployment cannot be reached (${code}). Check the address, and that it runs.`;

const examineThere = async (url: string): Promise<boolean> => {
  if (!(/^https?:\/\//.test(url) && URL.canParse(url))) {
    console.error('--live needs the address of a deployment: pnpm run doctor --live https://app.example');
    return false;
  }
  try {
    const findings = await examineLive(url);
    for (const { verdict, text } of findings) print(verdict, text);
    return findings.every(({ verdict }) => verdict !== 'bad');
  } catch (error) {
    if (!(error instanceof TypeError && error.message === 'fetch failed')) throw error;
    console.error(describeUnreachable(codeOf(error.cause) ?? 'no answer'));
    return false;
  }
};

const usage = `pnpm run doctor                      the configuration, the provider and the store
pnpm run doctor --claims FILE        and which API routes a sign-in with these claims (JSON) may call
pnpm run doctor --live URL           a deployment, from outside`;

const parseCommand = (
  args: readonly string[],
): { readonly live?: string; readonly claims?: string } | undefined => {
  try {
    const options = { live: { type: 'string' }, claims: { type: 'string' } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch {
    // What is not an option of the doctor is answered with those that are.
    return undefined;
  }
};

/** Runs the doctor on what `parse` reads, and prints what it finds. Returns the exit code: 0 when nothing is bad. */
export const runDoctor = async (args: readonly string[], parse: ParseEnvironment): Promise<0 | 1> => {
  const given = parseCommand(args);
  if (given === undefined) {
    console.error(usage);
    return 1;
  }
  const { live, claims } = given;
  const isSound =
    live === undefined ? await examineHere(readConfiguration(parse), claims) : await examineThere(live);
  return isSound ? 0 : 1;
};
