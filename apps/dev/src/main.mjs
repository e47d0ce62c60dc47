// Plain JavaScript without dependencies: it runs on an older Node, and before anything is installed.
const isMissingPackage = (error) =>
  error?.code === 'ERR_MODULE_NOT_FOUND' && /Cannot find package/.test(error.message);

/** What pnpm 12 brings by itself is only missing where it could not be fetched. */
const hasNewPnpm = Number(/^pnpm\/(\d+)/.exec(process.env.npm_config_user_agent ?? '')?.[1]) >= 12;
const network =
  'pnpm says above why. Check the network, or name your mirror of the registry: npm config set registry https://npm.example.';

const fail = (problem, remedy) => {
  console.error(hasNewPnpm ? `${problem}: ${network}` : `${problem}. ${remedy}`);
  process.exitCode = 1;
};

if (Number(process.versions.node.split('.')[0]) < 24) {
  fail(
    `Foyer needs Node 24 or newer, and this is ${process.versions.node}`,
    'Run it through pnpm 12, which brings its own: npx pnpm@12 dev.',
  );
} else {
  await import('./dev.ts').catch((error) => {
    if (!isMissingPackage(error)) throw error;
    fail('The packages are not installed', 'Run it through pnpm 12, which installs them: npx pnpm@12 dev.');
  });
}
