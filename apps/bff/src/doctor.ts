import { currentSettings, EnvironmentError } from './environment.ts';
import { examine } from './examination.ts';

const run = async (): Promise<void> => {
  const settings = currentSettings();
  console.log('ok    configuration: every variable is well-formed');
  for (const warning of settings.warnings) console.log(`note  configuration: ${warning}`);
  const findings = await examine(settings);
  for (const { verdict, subject, text } of findings) console.log(`${verdict.padEnd(5)} ${subject}: ${text}`);
  process.exitCode = findings.some(({ verdict }) => verdict === 'bad') ? 1 : 0;
};

await run().catch((error: unknown) => {
  console.error(error instanceof EnvironmentError ? error.message : error);
  process.exitCode = 1;
});
