import { codeOf, examine, examineLive } from '@foyer/doctor';
import { openSessionStore } from '@foyer/fastify';
import { resolveOptions } from '@foyer/fastify/options';
import { EnvironmentError } from './environment/environment-error.ts';
import { describeUnknown } from './environment/unknown-variables.ts';
import type { EnvironmentIssue } from './environment/variable-text.ts';
import { currentSettings, currentSettingsWithout, type Settings } from './environment.ts';

const print = (verdict: string, text: string): void => console.log(`${verdict.padEnd(5)} ${text}`);

/** What a finding is made of; a finding is left out when one of its variables is refused, so that no default is examined. */
const subjects: Readonly<Record<string, RegExp>> = {
  provider: /^(OIDC_|PROVIDERS|PUBLIC_URL)/,
  clock: /^(OIDC_|PROVIDERS)/,
  cookies: /^(PUBLIC_URL|COOKIE_NAME)/,
  'session keys': /^SESSION_KEYS/,
  'session store': /^SESSION_STORE/,
  'API routes': /^(API_ROUTES|OIDC_SCOPE|OIDC_AUTHORIZATION_PARAMS)/,
};

const examineSettings = async (
  { options, storeUrl, unknownVariables }: Settings,
  refused: readonly string[],
): Promise<boolean> => {
  for (const name of unknownVariables) print('note', `configuration: ${describeUnknown(name)}`);
  const sessionStore = await openSessionStore('memory:');
  const findings = await examine(resolveOptions({ ...options, sessionStore }), storeUrl);
  await sessionStore.close();
  const shown = findings.filter(({ subject }) => !refused.some((name) => subjects[subject]?.test(name)));
  for (const { verdict, subject, text } of shown) print(verdict, `${subject}: ${text}`);
  return shown.every(({ verdict }) => verdict !== 'bad');
};

/** Examines what the sound variables allow; a mistake in another is a finding of its own. */
const examineRest = async (issues: readonly EnvironmentIssue[]): Promise<void> => {
  for (const { variable, problem, remedy } of issues)
    print('bad', `configuration: ${variable} ${problem}. ${remedy}`);
  const refused = issues.map(({ variable }) => variable);
  try {
    await examineSettings(currentSettingsWithout(refused), refused);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    print('note', 'provider: is examined once the mistakes above are corrected');
  }
};

const examineHere = async (): Promise<boolean> => {
  try {
    const settings = currentSettings();
    print('ok', 'configuration: every variable is well-formed');
    return await examineSettings(settings, []);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    await examineRest(error.issues);
    return false;
  }
};

const examineThere = async (url: string): Promise<boolean> => {
  const findings = await examineLive(url);
  for (const { verdict, text } of findings) print(verdict, text);
  return findings.every(({ verdict }) => verdict !== 'bad');
};

const describeUnreachable = (code: string): string =>
  /CERT|ISSUER|SIGNATURE/.test(code)
    ? `The deployment’s certificate is not trusted here (${code}). For a private authority set NODE_EXTRA_CA_CERTS to its file.`
    : `The deployment cannot be reached (${code}). Check the address, and that it runs.`;

const run = async (): Promise<boolean> => {
  const at = process.argv.indexOf('--live');
  if (at === -1) return examineHere();
  const url = process.argv[at + 1] ?? '';
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return examineThere(url);
  console.error('--live needs the address of a deployment: pnpm run doctor --live https://app.example');
  return false;
};

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  const isUnreachable = error instanceof TypeError && error.message === 'fetch failed';
  if (isUnreachable) console.error(describeUnreachable(codeOf(error.cause) ?? 'no answer'));
  else console.error(error);
  process.exitCode = 1;
}
