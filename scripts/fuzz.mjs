import { spawn } from 'node:child_process';

// Runs every property of the suite more often: pnpm fuzz 10000. A failure prints the seed that reproduces it.
const runs = process.argv[2] ?? '10000';
if (/^[1-9]\d{0,8}$/.test(runs)) {
  const child = spawn('vitest', ['run', '.property.', '--test-timeout=0'], {
    stdio: 'inherit',
    env: { ...process.env, FUZZ_RUNS: runs },
  });
  child.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  console.error('Give the number of runs of each property: pnpm fuzz 10000.');
  process.exitCode = 1;
}
