import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

// Pins the base images to the digests that their tags have now, by asking the registry with Docker. With `--check` nothing
// changes: it ends with 1 when an image is named by its tag alone.
const files = ['Dockerfile', 'docker-compose.yml'];
const reference = /(?<=FROM |from=|image: )([\w./-]+:[\w.-]+)(@sha256:[0-9a-f]{64})?(?=[\s,])/g;

/** The digest of the index of all platforms. */
const findDigest = (image) => {
  const args = ['buildx', 'imagetools', 'inspect', image, '--format', '{{.Manifest.Digest}}'];
  const digest = execFileSync('docker', args, { encoding: 'utf8' }).trim();
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`Docker names no digest of ${image}: ${digest}`);
  return digest;
};

const findUnpinned = (text) =>
  [...text.matchAll(reference)].flatMap(([, image, digest]) => (digest === undefined ? [image] : []));

const pin = (file) => {
  const text = readFileSync(file, 'utf8');
  const images = new Set([...text.matchAll(reference)].map(([, image]) => image));
  const digests = new Map([...images].map((image) => [image, findDigest(image)]));
  writeFileSync(
    file,
    text.replaceAll(reference, (_all, image) => `${image}@${digests.get(image)}`),
  );
  for (const [image, digest] of digests) console.log(`${file}: ${image}@${digest}`);
};

if (process.argv.includes('--check')) {
  const unpinned = files.flatMap((file) =>
    findUnpinned(readFileSync(file, 'utf8')).map((image) => `${file}: ${image} has no digest`),
  );
  for (const line of unpinned) console.error(`${line}. Run npx pnpm pin:bases and commit the result.`);
  process.exitCode = unpinned.length === 0 ? 0 : 1;
} else {
  for (const file of files) pin(file);
}
