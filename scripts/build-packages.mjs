import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assembleTemplates } from './assemble-templates.mjs';
import { checkClientSize } from './check-client-size.mjs';

// Builds the published packages (JavaScript and declarations), packs them into a folder, checks the tarballs with publint
// and attw, and checks the size of the client. Usage: pnpm build:packages [folder]; default folder: .packages
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = process.argv[2] ?? `${root}.packages`;
const names = ['contract', 'client', 'fastify', 'dev-provider', 'create-foyer'];

const run = (program, args, cwd = root) => {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
};

/** Runs pnpm: the one that started this script, which is a script or an executable, or else the one that npx installs. */
const runPnpm = (args, cwd) => {
  const { npm_execpath: own = '' } = process.env;
  if (!/pnpm/.test(own)) run('npx', ['--yes', 'pnpm', ...args], cwd);
  else if (/\.[cm]?js$/.test(own)) run(process.execPath, [own, ...args], cwd);
  else run(own, args, cwd);
};

mkdirSync(folder, { recursive: true });
for (const name of names) {
  const path = `${root}packages/${name}`;
  rmSync(`${path}/dist`, { recursive: true, force: true });
  run('tsc', ['-p', `${path}/tsconfig.build.json`]);
  if (name === 'create-foyer') assembleTemplates();
  runPnpm(['pack', '--out', `${folder}/${name}.tgz`], path);
  run('publint', ['run', `${folder}/${name}.tgz`, '--strict']);
  // A package without exports has no types to check.
  if (name !== 'create-foyer') run('attw', [`${folder}/${name}.tgz`, '--profile', 'esm-only']);
}
await checkClientSize();
console.log(`Packed and checked: ${names.map((name) => `${folder}/${name}.tgz`).join(', ')}`);
