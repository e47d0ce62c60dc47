import { blocksIn, pages } from './pages.ts';
import { commandsIn } from './shell-lines.ts';

/** A test that runs a command, or the program behind it: file and name. */
type Proof = readonly [file: string, test: string];

const commands = 'apps/bff/test/docs/commands.test.ts';
const exercise = 'the first change of CONTRIBUTING fails, passes once it is made, and is well-formed';
const dev = 'apps/dev/test/dev.test.ts';
const doctor: Proof = [
  'apps/bff/test/conformance.test.ts',
  'the doctor finds nothing bad in the product as it is shipped',
];
const developing: Proof = [
  dev,
  'pnpm dev serves page and API on one port, says where, and leaves nothing running',
];

const creating: Proof = [
  'packages/create-foyer/test/tarballs.test.ts',
  'a product with React type-checks, passes its own test, builds, and signs in as it is developed',
];
const upgrading: Proof = [
  'packages/create-foyer/test/tarballs.test.ts',
  'a product without a SPA follows new versions as the page says, type-checks, passes its own test, and signs in',
];
const createFromTarballs =
  '--package ./.packages/create-foyer.tgz create-foyer ../my-app --packages .packages';

/** The commands of the pages that a test runs. What is missing here is in docs/not-tested.md, with the reason. */
export const proofs: Readonly<Record<string, Proof>> = {
  'pnpm dev': developing,
  'PORT=… pnpm dev': developing,
  'SPA_DEV_SERVER=… pnpm dev': [
    dev,
    'with an issuer and a dev server configured, neither of ours is started',
  ],
  'SPA_DIR=… pnpm dev': [dev, 'the build in SPA_DIR is served as it is, and the terminal says so'],
  'pnpm start': [
    'apps/bff/test/main.test.ts',
    '.env is loaded by pnpm start and the doctor, and not by what the image runs',
  ],
  'pnpm build': [commands, 'pnpm build makes the SPA that pnpm start serves'],
  'pnpm doctor': doctor,
  'pnpm examine': doctor,
  'pnpm@12 dev': [dev, 'without packages, as an older pnpm leaves them out, one sentence says what to run'],
  'ENDURANCE_ROUNDS=… pnpm test <file>': [
    'apps/bff/test/endurance.test.ts',
    'mixed traffic and troubled APIs leave neither memory nor file descriptors behind, in 64 MiB of heap',
  ],
  'pnpm key': ['apps/bff/test/docs/shell.test.ts', 'pnpm key prints a key of 32 bytes'],
  'pnpm pages': [
    'apps/bff/test/docs/pages.test.ts',
    'the configuration page is generated from the declared variables',
  ],
  'pnpm pin:bases': [
    'apps/bff/test/supply-chain.test.ts',
    'pnpm pin:bases writes a digest behind every base image, and the release refuses what has none',
  ],
  'pnpm sbom': [
    'apps/bff/test/supply-chain.test.ts',
    'the bill of materials names what production runs, with hashes, and nothing of development',
  ],
  'pnpm build:packages': [
    'packages/create-foyer/test/tarballs.test.ts',
    'the tarballs install beside the %s Fastify 5, fit its types, and sign people in',
  ],
  ...Object.fromEntries(
    ['npm create foyer my-app', 'npm install', 'npm run dev', createFromTarballs].map((command) => [
      command,
      creating,
    ]),
  ),
  ...Object.fromEntries(
    [
      'npm install @foyer/fastify@latest @foyer/client@latest @foyer/contract@latest',
      'npm install --save-dev @foyer/dev-provider@latest',
      'npm install ./packages/fastify.tgz ./packages/client.tgz ./packages/contract.tgz',
      'npm install --save-dev ./packages/dev-provider.tgz',
    ].map((command) => [command, upgrading]),
  ),
  'foyer-dev-provider': creating,
  'npm test': creating,
  'pnpm exec changeset version': [
    'packages/create-foyer/test/release.test.ts',
    'one note raises the versions of all published packages together, and writes the changelog',
  ],
  'pnpm bench:bodies': [
    'apps/bff/test/large-bodies.test.ts',
    'bodies far larger than its memory pass through the BFF in either direction',
  ],
  'pnpm bench:refresh': [
    'apps/bff/test/replicas.test.ts',
    'calls across several expiries: one grant each, no answer but 200, no one signed out',
  ],
  'pnpm bench:store': [
    'packages/fastify/test/session/leftovers.test.ts',
    '5,000 expired sessions: the sqlite file returns to its size, but for a log of 4 MiB',
  ],
  'pnpm --silent key > /etc/foyer/session-keys': [
    'apps/bff/test/docs/shell.test.ts',
    'pnpm key prints a key of 32 bytes',
  ],
  'curl -s http://localhost:3000/readyz': [
    'apps/bff/test/virtual-machine.test.ts',
    'what the unit starts reads its secrets, answers, and ends with 0',
  ],
  'pnpm test <file>': [commands, exercise],
  'pnpm exec biome check --write .': [commands, exercise],
  'curl -s http://localhost:3000/api/me': [
    'apps/bff/test/docs/running.test.ts',
    'the request that getting started sends is answered as it says',
  ],
};

/** A command without `npx`, `run`, and what its reader chooses. */
const plain = (line: string): string =>
  line
    .replaceAll(/^([A-Z_]+)=\S*/g, '$1=…')
    .replace(/npx (?:--yes )?/, '')
    .replace(/pnpm run /, 'pnpm ')
    .replace(/pnpm test \S+/, 'pnpm test <file>')
    .replace(/(pnpm (?!exec|test)[\w:]+).*/, '$1')
    .replace(/^(git clone|docker (?:build|run)\b|cosign verify).*/, '$1');

const inProse = (text: string): readonly string[] =>
  [...text.matchAll(/`((?:[A-Z_]+=\S+ )?(?:npx |pnpm |docker )[^`\n]*)`/g)].map(([, line = '']) => line);

/** Every command that the pages ask their readers to run, once. */
export const commandsOfPapers: readonly string[] = [
  ...new Set(
    [
      ...blocksIn('sh').flatMap(({ code }) => commandsIn(code)),
      ...pages.flatMap(({ text }) => inProse(text)),
    ].map(plain),
  ),
];
