import { clientKeyAlgorithms, createClientKey } from './client-key.ts';
import { createSessionKey } from './session-key.ts';

const [kind, name = 'ES256'] = process.argv.slice(2);
const alg = clientKeyAlgorithms.find((each) => each === name);

if (kind === undefined) console.log(createSessionKey());
else if (kind === '--client' && alg !== undefined) console.log(createClientKey(alg));
else {
  console.error(`Write it as pnpm key, or pnpm key --client [${clientKeyAlgorithms.join('|')}].`);
  process.exitCode = 1;
}
