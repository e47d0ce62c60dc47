import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A built SPA of one page and one asset in a folder of its own, gone when it is disposed of. */
export const makeSpaDir = (): { readonly dir: string; readonly [Symbol.dispose]: () => void } => {
  const dir = mkdtempSync(join(tmpdir(), 'foyer-spa-'));
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), '<!doctype html><title>A page</title>');
  writeFileSync(join(dir, 'assets', 'app-1a2b3c4d.js'), 'export {};');
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) };
};
