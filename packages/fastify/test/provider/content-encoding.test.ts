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
  ['x-gzip', 'X-GZIP', gzipSync],
  ['br', 'br', brotliCompressSync],
  ['deflate', 'deflate', deflateSync],
  ['deflate without its header', 'deflate', deflateRawSync],
  ['deflate, then br', 'deflate, br', (content) => brotliCompressSync(deflateSync(content))],
];

test.for(encodings)('answers in %s, which were not asked for, are read', async ([, encoding, compress]) => {
  const answer = (base: Json): Answer => compressed(encoding, compress(JSON.stringify(base)));
  await using party = await startRelyingParty({
    ...{ discovery: answer, jwks: answer, token: answer, userinfo: answer },
  });
  expect((await party.login()).claims).toMatchObject({ sub: 'ada', name: 'Ada from userinfo' });
  const asked = party.bent.seen.map(({ headers }) => headers['accept-encoding']);
  expect([asked.length, ...new Set(asked)]).toEqual([4, 'identity']);
});

test.for([
  ['zstd', '{}'],
  ['gzip', 'no gzip'],
  ['br', ''],
])('an answer that says %s and is not readable so is refused', async ([encoding = '', content = '']) => {
  await using party = await startRelyingParty({ token: () => compressed(encoding, Buffer.from(content)) });
  expect(await problemCode(party.login())).toBe('provider_invalid_response');
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
