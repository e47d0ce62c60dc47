// Plain JavaScript, because an older Node cannot run the TypeScript that it imports.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Foyer needs Node 24 or newer; this is ${process.versions.node}. Run it through pnpm, which brings its own: npx pnpm dev.`,
  );
  process.exitCode = 1;
} else {
  await import('./dev.ts');
}
