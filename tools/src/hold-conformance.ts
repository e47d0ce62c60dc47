import { findDoubts } from './conformance/last-run.ts';

// Ends with 1, and says which, when a test that docs/conformance.md names has not passed in the last run.
const doubts = findDoubts();
for (const doubt of doubts) console.error(doubt);
process.exitCode = doubts.length === 0 ? 0 : 1;
