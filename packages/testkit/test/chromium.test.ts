import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findChromium } from '../src/chromium.ts';

test('CHROMIUM_PATH comes first', () => {
  expect(findChromium({ CHROMIUM_PATH: '/opt/mine', PATH: '' })).toBe('/opt/mine');
});

test('a program on the PATH is found, a file that cannot be run is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-path-'));
  const program = join(folder, 'chromium');
  await writeFile(program, '#!/bin/sh\n');
  expect(findChromium({ PATH: folder })).not.toBe(program);
  await chmod(program, 0o755);
  expect(findChromium({ PATH: folder })).toBe(program);
  await rm(folder, { recursive: true });
});
