import { readdirSync } from 'node:fs';
import { startFloor } from '../floors.ts';
import { builtSpa, startProduct } from '../product.ts';
import { ask, type Contender } from '../rounds.ts';

const findAsset = (): string => {
  const name = readdirSync(`${builtSpa}/assets`).find((file) => file.endsWith('.css'));
  if (name === undefined) throw new Error('The SPA is not built: pnpm build');
  return `/assets/${name}`;
};

/** The built SPA's page or one hashed asset, uncompressed, whole or asked for again with its `ETag`. */
export const enterFiles = async (what: 'page' | 'asset' | 'known page'): Promise<readonly Contender[]> => {
  const path = what === 'asset' ? findAsset() : '/';
  const subjects = [
    await startProduct('Foyer, as shipped'),
    await startFloor('@fastify/static', 'fastify-static', { source: builtSpa }),
    await startFloor('files from memory', 'memory-files', { source: builtSpa }),
  ];
  return Promise.all(
    subjects.map(async (subject) => {
      const response = await fetch(`${subject.url}${path}`, { headers: { 'accept-encoding': 'identity' } });
      await response.arrayBuffer();
      const etag = response.headers.get('etag') ?? '';
      const isKnown = what === 'known page' && subject.name !== 'files from memory';
      const shot = isKnown
        ? { headers: { 'if-none-match': etag, accept: '*/*' }, status: '304' }
        : { headers: { accept: '*/*' } };
      return { name: subject.name, subject, work: ask({ port: subject.port, path, ...shot }) };
    }),
  );
};
