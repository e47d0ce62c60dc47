import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';

const expected = {
  'a.js': 'text/javascript; charset=utf-8',
  'a.css': 'text/css; charset=utf-8',
  'a.svg': 'image/svg+xml; charset=utf-8',
  'a.webmanifest': 'application/manifest+json; charset=utf-8',
  'a.wasm': 'application/wasm',
  'a.mp4': 'video/mp4',
  'a.webm': 'video/webm',
  'a.mp3': 'audio/mpeg',
  'a.ttf': 'font/ttf',
  'a.otf': 'font/otf',
  'a.csv': 'text/csv; charset=utf-8',
  'a.md': 'text/markdown; charset=utf-8',
  'a.glb': 'model/gltf-binary',
  'a.unknown-type': 'application/octet-stream',
};

test('every file has the content type of its name', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'foyer-types-'));
  for (const name of ['index.html', ...Object.keys(expected)]) await writeFile(join(dir, name), name);
  await using bff = await startBff({ spa: { dir } });
  const { host } = new URL(bff.url);
  const typeOf = async (name: string) => {
    const { headers } = await bff.app.inject({ url: `/${name}`, headers: { host } });
    return [name, headers['content-type']];
  };
  expect(Object.fromEntries(await Promise.all(Object.keys(expected).map(typeOf)))).toEqual(expected);
  await rm(dir, { recursive: true });
});
