import { relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { CommandError, readArguments } from './arguments.ts';
import { readNodeOfNpm } from './environment.ts';
import { createProduct } from './product.ts';

const help = `npm create foyer <name> -- [options]

Makes a product of your own in a new folder: a single-page app, its server, and a test that signs in.

  --spa <kind>         react (default), vue, svelte, html, or none for a server alone
  --packages <folder>  take the Foyer packages from a folder of tarballs, and not from a registry
  --help               print this
`;

const askName = async (): Promise<string> => {
  if (!process.stdin.isTTY) throw new CommandError('Give the product a name, as in npm create foyer my-app.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Name of the product (my-app): ');
  terminal.close();
  return answer.trim() || 'my-app';
};

const run = async (args: readonly string[]): Promise<void> => {
  const { folder, wantsHelp, ...request } = readArguments(args);
  if (wantsHelp) {
    console.log(help);
    return;
  }
  const made = await createProduct({ folder: folder ?? (await askName()), ...request });
  const path = relative(process.cwd(), made);
  console.log(`\n${made} is ready. Next:\n`);
  if (path !== '') console.log(`  cd ${path}`);
  console.log('  npm install\n  npm run dev\n\nThen open http://localhost:3000 and sign in as Ada Lovelace.');
  if (readNodeOfNpm() < 24)
    console.log('The product brings its own Node: warnings of npm about engines (EBADENGINE) do not matter.');
};

/** Runs the command; returns its exit code. A mistake is printed as one sentence. */
export const main = async (args: readonly string[]): Promise<number> => {
  try {
    await run(args);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(error.message);
    return 1;
  }
};
