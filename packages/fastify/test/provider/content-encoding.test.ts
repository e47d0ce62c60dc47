import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Answer, Json } from './bent-provider.ts';
import { problemCode, startRelyingParty } from './relying-party.ts';

type Compress = (content: string) => Buffer;

const compressed = (encoding: string, content: Buffer): Answer => ({
  write: (response) => {
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding })
      .end(content);
  },
});

const encodings: [string, string, Compress][] = [
  ['gzip', 'gzip', gzipSync],
  ['br', 'br', brotliCompressSync],
  ['deflate', 'deflate', deflateSync],
  ['deflate without its header', 'deflate', deflateRawSync],
];

test.for(encodings)('an answer in %s is read', async ([, encoding, compress]) => {
  await using party = await startRelyingParty({
    token: (base: Json) => compressed(encoding, compress(JSON.stringify(base))),
  });
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test.for(encodings)(
  'an answer in %s that grows beyond the bound is refused',
  async ([, encoding, compress]) => {
    await using party = await startRelyingParty({
      token: (base: Json) =>
        compressed(encoding, compress(JSON.stringify(base) + ' '.repeat(8 * 1024 * 1024))),
    });
    expect(await problemCode(party.login())).toBe('provider_invalid_response');
  },
);
