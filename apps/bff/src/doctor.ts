import { codeOf, examine, examineLive } from '@foyer/doctor';
import { openSessionStore } from '@foyer/fastify';
import { resolveOptions } from '@foyer/fastify/options';
import { EnvironmentError } from './environment/environment-error.ts';
import { describeUnknown } from './environment/unknown-variables.ts';
import { currentSettings } from './environment.ts';

const tell = (verdict: string, text: string): void => console.log(`${verdict.padEnd(5)} ${text}`);

const examineHere = async (): Promise<boolean> => {
  const settings = currentSettings();
  tell('ok', 'configuration: every variable is well-formed');
  for (const name of settings.unknownVariables) tell('note', `configuration: ${describeUnknown(name)}`);
  const sessionStore = await openSessionStore('memory:');
  const findings = await examine(resolveOptions({ ...settings.options, sessionStore }), settings.storeUrl);
  await sessionStore.close();
  for (const { verdict, subject, text } of findings) tell(verdict, `${subject}: ${text}`);
  return findings.every(({ verdict }) => verdict !== 'bad');
};

const examineThere = async (url: string): Promise<boolean> => {
  const findings = await examineLive(url);
  for (const { verdict, text } of findings) tell(verdict, text);
  return findings.every(({ verdict }) => verdict !== 'bad');
};

const describeAway = (code: string): string =>
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
  const isTold = error instanceof EnvironmentError;
  const isAway = error instanceof TypeError && error.message === 'fetch failed';
  if (isAway) console.error(describeAway(codeOf(error.cause) ?? 'no answer'));
  else console.error(isTold ? error.message : error);
  process.exitCode = 1;
}
