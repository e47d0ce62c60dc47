import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { giveBack } from '../../src/proxy/spent-memory.ts';
import { startBff } from '../kit/start-bff.ts';
import { startUpstream } from '../kit/start-upstream.ts';

const own = (length: number): Buffer<ArrayBuffer> => Buffer.from(new ArrayBuffer(length));

test('the memory of a chunk is given back when it is written, not before', () => {
  const chunk = own(65_536);
  const onWritten = giveBack(chunk.subarray(200));
  expect(chunk.length).toBe(65_536);
  onWritten?.();
  expect([chunk.buffer.detached, chunk.length]).toEqual([true, 0]);
});

test('what was not written is left to whoever holds it', () => {
  const chunk = own(65_536);
  giveBack(chunk)?.(new Error('The connection was closed'));
  expect(chunk.length).toBe(65_536);
});

test('memory that others may use is never given back', () => {
  const { poolSize } = Buffer;
  Buffer.poolSize = 1024 * 1024;
  const pooled = Buffer.allocUnsafe(500_000);
  Buffer.poolSize = poolSize;
  expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.length);
  expect(giveBack(pooled)).toBeUndefined();
  expect(giveBack(own(65_536).subarray(32_768))).toBeUndefined();
  expect(giveBack(own(65_536).subarray(0, 65_000))).toBeUndefined();
  expect(giveBack(Buffer.from(new SharedArrayBuffer(65_536)))).toBeUndefined();
  expect(giveBack(own(4096))).toBeUndefined();
});

/** Writes an answer in pieces that fit no read, with its length or without. */
const answerInPieces = async (response: ServerResponse, answer: Buffer, hasLength: boolean) => {
  if (hasLength) response.setHeader('content-length', answer.length);
  for (let at = 0; at < answer.length; at += 41_111) {
    if (!response.write(answer.subarray(at, at + 41_111))) await once(response, 'drain');
  }
  response.end();
};

/** Reads an answer, slowly if asked to. */
const read = async (answer: IncomingMessage, isSlow: boolean): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of answer) {
    hash.update(chunk);
    if (isSlow) await wait(1);
  }
  return hash.digest('hex');
};

test('every byte of hundreds of large answers at once arrives as it was sent, however slowly it is read', async () => {
  const sizes = [9_000, 65_000, 65_536, 70_000, 131_073, 1_000_000];
  const answers = sizes.map((size) => randomBytes(size));
  await using upstream = await startUpstream(({ url = '' }, response) => {
    const [, size, form] = /(\d)-(\w+)/.exec(url) ?? [];
    const answer = answers[Number(size)] ?? Buffer.alloc(0);
    if (form === 'whole') response.end(answer);
    else void answerInPieces(response, answer, form === 'pieces');
  });
  await using bff = await startBff({
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
  });
  const sent = answers.map((answer) => createHash('sha256').update(answer).digest('hex'));
  const ask = async (size: number, form: string, isSlow: boolean): Promise<void> => {
    const asking = requestHttp(`${bff.url}/api/a/${size}-${form}`).end();
    const [answer] = await once(asking, 'response');
    expect(await read(answer, isSlow)).toBe(sent[size]);
  };
  const forms = ['whole', 'pieces', 'chunked'];
  const rounds = Array.from({ length: 6 }, (_, round) =>
    forms.flatMap((form) => answers.map((_answer, size) => ask(size, form, round % 2 === 1))),
  );
  await Promise.all(rounds.flat());
});

test('the memory of large answers is given back as they are passed on', async () => {
  const sizes: number[] = [];
  const transfer = ArrayBuffer.prototype.transfer;
  onTestFinished(() => void vi.restoreAllMocks());
  vi.spyOn(ArrayBuffer.prototype, 'transfer').mockImplementation(function (this: ArrayBuffer, length) {
    sizes.push(this.byteLength);
    return transfer.call(this, length);
  });
  const answer = randomBytes(65_000);
  await using upstream = await startUpstream((_request, response) => response.end(answer));
  await using bff = await startBff({
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
  });
  for (let asked = 0; asked < 20; asked += 1) {
    const asking = requestHttp(`${bff.url}/api/a`).end();
    const [received] = await once(asking, 'response');
    await read(received, false);
  }
  // An answer may come in several reads, of which the last is small.
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(10 * answer.length);
});
