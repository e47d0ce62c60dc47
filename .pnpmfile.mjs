const exactVersion = /^\d+\.\d+\.\d+$/;

/** What is published takes later versions of its dependencies too; exact ones would double a host's own packages. */
const beforePacking = (manifest) => ({
  ...manifest,
  dependencies: Object.fromEntries(
    Object.entries(manifest.dependencies ?? {}).map(([name, version]) => [
      name,
      exactVersion.test(version) && !name.startsWith('@foyer/') ? `^${version}` : version,
    ]),
  ),
});

export const hooks = { beforePacking };
