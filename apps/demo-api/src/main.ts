import { createDemoApi } from './demo-api.ts';
import { readEnvironment } from './environment.ts';

// Runs the demo API as a program, configured by environment variables.
const { host, port, ...options } = readEnvironment();
const app = createDemoApi(options);
console.log(`The demo API answers at ${await app.listen({ host, port })}`);

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
