import { startDevProvider } from './dev-provider.ts';

// The provider as a program, for compose: node serve.ts <issuer> <public URL of the application>
const [issuer = '', publicUrl = ''] = process.argv.slice(2);
const provider = await startDevProvider({
  issuer,
  host: '0.0.0.0',
  port: Number(new URL(issuer).port),
  publicUrls: [publicUrl],
  log: (line) => console.error(line),
});
console.log(`The development provider answers at ${issuer}`);

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    provider.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
