import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A copy of the repository's files. Its packages import each other's copies; what is installed is that of the original. */
export interface ScratchCopy extends Disposable {
  readonly folder: string;
}

/** Copies the files that git knows or would take. */
export const makeScratchCopy = (root: string): ScratchCopy => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-mutants-'));
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)));
  for (const path of files) cpSync(join(root, path), join(folder, path));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const packages = files.filter((path) => path.endsWith('/package.json')).map(dirname);
  for (const path of packages.map((each) => join(each, 'node_modules')))
    if (existsSync(join(root, path)))
      // Links to the workspace's packages are relative, and lead to their copies.
      cpSync(join(root, path), join(folder, path), { recursive: true, verbatimSymlinks: true });
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
};
