import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { Problem } from '../problems.ts';

type Decode = (content: Buffer, limit: { readonly maxOutputLength: number }) => Promise<Buffer>;

const undoGzip: Decode = promisify(gunzip);
const undoZlib: Decode = promisify(inflate);
const undoRaw: Decode = promisify(inflateRaw);

const decoders: ReadonlyMap<string, Decode> = new Map([
  ['', async (content) => content],
  ['identity', async (content) => content],
  ['gzip', undoGzip],
  ['x-gzip', undoGzip],
  ['br', promisify(brotliDecompress)],
  // Some servers send deflate without its zlib header, see RFC 9110 section 8.4.1.2.
  ['deflate', async (bytes, limit) => (((bytes[0] ?? 0) & 0x0f) === 8 ? undoZlib : undoRaw)(bytes, limit)],
]);

const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

/**
 * Undoes the content encodings of an answer: some servers compress although `identity` is asked for.
 *
 * @returns `undefined` when the content is larger than `maxBytes`.
 * @throws Problem `provider_invalid_response` for an encoding that is unknown or broken.
 */
export const decodeContent = async (
  bytes: Buffer,
  encodings: string | undefined,
  maxBytes: number,
): Promise<Buffer | undefined> => {
  const applied = (encodings ?? '').toLowerCase().split(',').slice(0, 4);
  let content = bytes;
  try {
    for (const encoding of applied.reverse()) {
      const decode = decoders.get(encoding.trim());
      if (decode === undefined) throw new TypeError('unknown encoding');
      content = await decode(content, { maxOutputLength: maxBytes });
    }
    return content;
  } catch (cause) {
    if (isTooLarge(cause)) return undefined;
    const what = 'the content encoding of an answer is unknown or broken';
    throw new Problem('provider_invalid_response', what, { cause });
  }
};
