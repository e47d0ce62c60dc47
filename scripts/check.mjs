// `pnpm check`: format, lint, types and unused code, side by side; every complaint is printed.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const projects = ['packages', 'apps']
  .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  .filter((project) => existsSync(`${project}/tsconfig.json`));

const checks = [
  ['biome', 'check', '--error-on-warnings', '.'],
  ['knip', '--no-progress'],
  ...projects.map((project) => ['tsc', '-p', project]),
];

const run = ([command, ...args]) =>
  new Promise((resolve) => {
    const child = spawn(`node_modules/.bin/${command}`, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(`${error.message}\n`));
    child.on('close', (code) => resolve({ name: [command, ...args].join(' '), code, text: Buffer.concat(output.map(Buffer.from)).toString() }));
  });

const results = await Promise.all(checks.map(run));
const failures = results.filter(({ code }) => code !== 0);
for (const { name, text } of failures) console.error(`\n${name}\n${text}`);
console.log(failures.length === 0 ? `${results.length} checks passed` : `${failures.length} of ${results.length} checks failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
