import { generateKeyPairSync, randomBytes } from 'node:crypto';

// Prints a fresh session key, or with --client a fresh private key of the client as a JWK on one line.
const makers = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 3072 }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

const [kind, alg = 'ES256'] = process.argv.slice(2);

if (kind === undefined) console.log(randomBytes(32).toString('base64'));
else if (kind === '--client' && Object.hasOwn(makers, alg))
  console.log(JSON.stringify({ ...makers[alg]().privateKey.export({ format: 'jwk' }), alg }));
else {
  console.error(`Write it as pnpm key, or pnpm key --client [${Object.keys(makers).join('|')}].`);
  process.exitCode = 1;
}
