import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assembleTemplates } from './assemble-templates.mjs';
import { checkClientSize } from './check-client-size.mjs';

// Builds the published packages (JavaScript and declarations), packs them into a folder, checks the tarballs with publint
// and attw, and checks the size of the client. Usage: pnpm build:packages [folder]; default folder: .packages
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = process.argv[2] ?? `${root}.packages`;
const names = ['contract', 'client', 'fastify', 'dev-provider', 'create-foyer'];

const execute = promisify(execFile);

const run = async (program, args, cwd = root) => {
  try {
    await execute(program, args, { cwd, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')} failed.\n${error.stdout ?? ''}${error.stderr ?? ''}`);
  }
};

/** Runs pnpm: the one that started this script, which is a script or an executable, or else the one that npx installs. */
const runPnpm = (args, cwd) => {
  const { npm_execpath: own = '' } = process.env;
  if (!/pnpm/.test(own)) return run('npx', ['--yes', 'pnpm', ...args], cwd);
  return /\.[cm]?js$/.test(own) ? run(process.execPath, [own, ...args], cwd) : run(own, args, cwd);
};

const compile = async (name) => {
  const path = `${root}packages/${name}`;
  rmSync(`${path}/dist`, { recursive: true, force: true });
  await run('tsc', ['-p', `${path}/tsconfig.build.json`]);
};

const pack = async (name) => {
  if (name === 'create-foyer') assembleTemplates();
  await runPnpm(['pack', '--out', `${folder}/${name}.tgz`], `${root}packages/${name}`);
  await run('publint', ['run', `${folder}/${name}.tgz`, '--strict']);
  // A package without exports has no types to check.
  if (name !== 'create-foyer') await run('attw', [`${folder}/${name}.tgz`, '--profile', 'esm-only']);
};

mkdirSync(folder, { recursive: true });
// The others are compiled against its declarations.
await compile('contract');
await Promise.all(
  names.map(async (name) => {
    if (name !== 'contract') await compile(name);
    await pack(name);
  }),
);
await checkClientSize();
console.log(`Packed and checked: ${names.map((name) => `${folder}/${name}.tgz`).join(', ')}`);
