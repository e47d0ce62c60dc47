import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { Problem } from '../problems.ts';

const undoGzip = promisify(gunzip);
const undoBrotli = promisify(brotliDecompress);
const undoZlib = promisify(inflate);
const undoDeflate = promisify(inflateRaw);

/** Some servers send deflate without its zlib header. @see RFC 9110 section 8.4.1.2 */
const hasZlibHeader = (bytes: Buffer): boolean => ((bytes[0] ?? 0) & 0x0f) === 8;

const undo = async (bytes: Buffer, encoding: string, maxOutputLength: number): Promise<Buffer> => {
  const limit = { maxOutputLength };
  if (encoding === '' || encoding === 'identity') return bytes;
  if (encoding === 'gzip' || encoding === 'x-gzip') return undoGzip(bytes, limit);
  if (encoding === 'br') return undoBrotli(bytes, limit);
  if (encoding === 'deflate')
    return hasZlibHeader(bytes) ? undoZlib(bytes, limit) : undoDeflate(bytes, limit);
  throw new Problem('provider_invalid_response', 'the content encoding of an answer is unknown');
};

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
    for (const encoding of applied.reverse()) content = await undo(content, encoding.trim(), maxBytes);
    return content;
  } catch (error) {
    if (isTooLarge(error)) return undefined;
    if (error instanceof Problem) throw error;
    throw new Problem('provider_invalid_response', 'the content encoding of an answer is broken', {
      cause: error,
    });
  }
};
