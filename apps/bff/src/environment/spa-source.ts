import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BffOptions } from '@foyer/fastify';
import { variables } from '../variables.ts';
import type { Read, Report } from './reader.ts';

/** Where the pages come from: a dev server, a folder, or the starter SPA in `spaDir`. */
export const readSpa = (read: Read, spaDir: string, report: Report): NonNullable<BffOptions['spa']> => {
  const devServer = read('SPA_DEV_SERVER', variables.SPA_DEV_SERVER);
  const ownDir = read('SPA_DIR', variables.SPA_DIR);
  const sourceMaps = read('SPA_SOURCE_MAPS', variables.SPA_SOURCE_MAPS) === true;
  if (devServer !== undefined) return { devServer };
  const dir = ownDir ?? spaDir;
  if (!existsSync(join(dir, 'index.html'))) {
    report({
      variable: 'SPA_DIR',
      problem: ownDir === undefined ? 'is not set, and the starter SPA is not built' : 'has no index.html',
      remedy: ownDir === undefined ? 'Build it: pnpm build.' : 'Give the directory of a built SPA.',
    });
  }
  return sourceMaps ? { dir, sourceMaps } : { dir };
};
