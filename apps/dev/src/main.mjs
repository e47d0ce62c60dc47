// Plain JavaScript, because an older Node cannot read what comes after it.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Foyer needs Node 24 or newer; this is ${process.versions.node}. Run it through pnpm, which brings its own: npx pnpm dev.`,
  );
  process.exitCode = 1;
} else {
  await import('./dev.ts');
}
