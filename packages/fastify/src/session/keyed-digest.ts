import sodium from 'sodium-native';

const length = 32;

/** The BLAKE2b digest of `text` under a key of 32 bytes: 32 bytes that nobody can make without it. @see RFC 7693 */
export const keyedDigest = (key: Buffer, text: string): Buffer => {
  const digest = Buffer.alloc(length);
  sodium.crypto_generichash(digest, Buffer.from(text), key);
  return digest;
};
