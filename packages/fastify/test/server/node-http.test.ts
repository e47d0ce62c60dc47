import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('nothing but types is imported from node:http: an import would load a fetch that is not used', () => {
  const files = globSync('{packages/{fastify,environment},apps/bff}/src/**/*.ts', { cwd: root });
  expect(files.length).toBeGreaterThan(100);
  const importing = files.filter((file) =>
    /^import (?!type )[^;]*from 'node:http'/m.test(readFileSync(`${root}${file}`, 'utf8')),
  );
  expect(importing).toEqual([]);
});
