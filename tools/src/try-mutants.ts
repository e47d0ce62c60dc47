import { fileURLToPath } from 'node:url';
import { mutants, rowsWithoutMutant } from './mutants/mutants.ts';
import { makeScratchCopy } from './mutants/scratch-copy.ts';
import { tryMutant } from './mutants/try-mutant.ts';

// Breaks one rule at a time in a copy of the repository, and expects the rule's test to fail. Ends with 1 when one did not.
// `pnpm mutants cors` tries those with that word in their file or test.
const root = fileURLToPath(new URL('../../', import.meta.url));
const [word = ''] = process.argv.slice(2);
const chosen = mutants.filter(({ file, test }) => `${file} ${test}`.includes(word));
using copy = makeScratchCopy(root);
const bad: string[] = [];
for (const mutant of chosen) {
  const verdict = tryMutant(copy.folder, mutant);
  const line = `${verdict.padEnd(8)}  ${mutant.file}: ${mutant.find}  (${mutant.test})`;
  console.log(line);
  if (verdict !== 'killed') bad.push(line);
}
if (bad.length > 0)
  console.error(`\n${bad.length} of ${chosen.length} mutants were not killed:\n${bad.join('\n')}`);
for (const text of rowsWithoutMutant) console.log(`No mutant is tried of: ${text}`);
process.exitCode = bad.length === 0 ? 0 : 1;
