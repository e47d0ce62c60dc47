import { readFileSync } from 'node:fs';

// Prints the results of the tests from Vitest's report. The exit code is 1 unless every test ran and passed.
const [tested, checked] = process.argv.slice(2).map(Number);
const report = '.vitest/json/output.json';

const read = () => {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
};

const results = read();
const passed = results?.numPassedTests ?? 0;
const brokenFiles = (results?.testResults ?? []).filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
).length;
const failed = (results?.numFailedTests ?? 0) + brokenFiles;
const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);

if (results === undefined) console.log('The tests wrote no report.');
if (tested !== 0) console.log(`The test command ended with ${tested}.`);
if (checked !== 0) console.log(`The check command ended with ${checked}.`);
if (skipped > 0) console.log(`${skipped} skipped: a test that is skipped proves nothing.`);
if (passed + failed === 0) console.log('No test ran.');

console.log(`${passed} passed, ${failed} failed`);
const hasPassed = tested === 0 && checked === 0 && passed > 0 && failed === 0 && skipped === 0;
process.exitCode = hasPassed ? 0 : 1;
