#!/usr/bin/env node
import { startDevProvider } from './dev-provider.ts';
import { readEnvironment } from './environment.ts';

// Runs the provider as a program, configured by environment variables.
const provider = await startDevProvider({ ...readEnvironment(), log: (line) => console.error(line) });
console.log(`The development provider answers at ${provider.issuer}`);

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    provider.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
