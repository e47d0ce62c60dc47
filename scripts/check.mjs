import { spawn } from 'node:child_process';

// Checks format, lint, types and unused code in parallel, and prints every failure.
const checks = [
  ['biome', 'check', '--error-on-warnings', '.'],
  ['knip', '--no-progress'],
  // What runs on Node is one program; what runs in a browser, and what imports nothing, has no types of Node.
  ...['.', 'apps/web', 'packages/client', 'packages/contract'].map((path) => ['tsc', '-p', path]),
];

const run = ([command, ...args]) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => resolve({ name: command, passed: false, text: error.message }));
    child.on('close', (code) =>
      resolve({
        name: [command, ...args].join(' '),
        passed: code === 0,
        text: Buffer.concat(output).toString(),
      }),
    );
  });

const results = await Promise.all(checks.map(run));
for (const { name, passed, text } of results) {
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}`);
  if (!passed) console.log(text);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
