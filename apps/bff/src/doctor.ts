import { codeOf, examine, examineLive } from '@foyer/doctor';
import { openSessionStore } from '@foyer/fastify';
import { resolveOptions } from '@foyer/fastify/options';
import { EnvironmentError } from './environment/environment-error.ts';
import { describeUnknown } from './environment/unknown-variables.ts';
import { currentSettings } from './environment.ts';

const print = (verdict: string, text: string): void => console.log(`${verdict.padEnd(5)} ${text}`);

const examineHere = async (): Promise<boolean> => {
  const settings = currentSettings();
  print('ok', 'configuration: every variable is well-formed');
  for (const name of settings.unknownVariables) print('note', `configuration: ${describeUnknown(name)}`);
  const sessionStore = await openSessionStore('memory:');
  const findings = await examine(resolveOptions({ ...settings.options, sessionStore }), settings.storeUrl);
  await sessionStore.close();
  for (const { verdict, subject, text } of findings) print(verdict, `${subject}: ${text}`);
  return findings.every(({ verdict }) => verdict !== 'bad');
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
  const isExpected = error instanceof EnvironmentError;
  const isUnreachable = error instanceof TypeError && error.message === 'fetch failed';
  if (isUnreachable) console.error(describeUnreachable(codeOf(error.cause) ?? 'no answer'));
  else console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
