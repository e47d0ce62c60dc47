/** Bytes: less is not worth the call. */
const least = 8192;

/**
 * What has to be called when a chunk that was read from a connection, and that nobody else looks at, is written: gives
 * its memory back at once. V8 sees little of that memory, lets it grow to tens of megabytes, and then collects
 * everything, again and again. `undefined` for a chunk that is small; takes no more than half of its memory, as what
 * Node cuts from its pool; or is followed by something that may have to be read yet.
 */
export const giveBack = (chunk: Buffer): ((error?: Error | null) => void) | undefined => {
  const { buffer, byteOffset, length } = chunk;
  const isMost = length * 2 > buffer.byteLength;
  const isLast = byteOffset + length === buffer.byteLength;
  if (length < least || !isMost || !isLast || !(buffer instanceof ArrayBuffer)) return undefined;
  return (error) => {
    // What was not written may still be held by the connection.
    if (!error) buffer.transfer(0);
  };
};
