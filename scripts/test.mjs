import { spawn } from 'node:child_process';

// The browser tests open the built SPA, so it is built before anything is tested.
const run = (command, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });

const filters = process.argv.slice(2);
const built = await run('vite', ['build', 'apps/web', '--logLevel', 'warn']);
process.exitCode =
  built === 0 ? await run('vitest', ['run', '--reporter=default', '--reporter=json', ...filters]) : built;
