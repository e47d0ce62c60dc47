import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { referredTests } from './conformance-page.ts';
import { findUnshown, parseTestReport } from './test-results.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const report = `${root}.vitest/json/output.json`;

/** What keeps docs/conformance.md from being true, by the report of the last run of the tests; empty when nothing does. */
export const findDoubts = (): readonly string[] => {
  if (!existsSync(report))
    return ['docs/conformance.md: there is no report of the tests. Run npx pnpm test first.'];
  const unshown = findUnshown(referredTests, parseTestReport(readFileSync(report, 'utf8'), root));
  return unshown.map((reference) => `docs/conformance.md names a test that has not passed: ${reference}`);
};
