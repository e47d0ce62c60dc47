import { startDevProvider } from './dev-provider.ts';
import { readEnvironment } from './environment.ts';

// The provider as a program that is set up by its environment.
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
