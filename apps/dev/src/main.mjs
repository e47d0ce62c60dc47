// Plain JavaScript without dependencies: it runs on an older Node, and before anything is installed.
const isMissingPackage = (error) =>
  error?.code === 'ERR_MODULE_NOT_FOUND' && /Cannot find package/.test(error.message);

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Foyer needs Node 24 or newer; this is ${process.versions.node}. Run it through pnpm 12, which brings its own: npx pnpm@12 dev.`,
  );
  process.exitCode = 1;
} else {
  await import('./dev.ts').catch((error) => {
    if (!isMissingPackage(error)) throw error;
    console.error(
      'The packages are not installed. Run it through pnpm 12, which installs them: npx pnpm@12 dev.',
    );
    process.exitCode = 1;
  });
}
