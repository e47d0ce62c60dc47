import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { takeRandomBytes } from '../random-bytes.ts';

const cipherName = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

// Node throws and catches an error for each key that is bytes: a key object costs a tenth.

/** Encrypts with a fresh nonce: nonce, tag, ciphertext. `bound` has to be the same when it is opened. */
export const sealBytes = (plain: Uint8Array, key: Uint8Array, bound: string): Buffer => {
  const nonce = takeRandomBytes(nonceLength);
  const cipher = createCipheriv(cipherName, createSecretKey(key), nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(bound));
  const start = cipher.update(plain);
  const end = cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag(), start, end]);
};

const isWrongTag = (error: unknown): boolean =>
  error instanceof Error && /unable to authenticate/i.test(error.message);

/** Decrypts what `sealBytes` made; `undefined` for anything else. */
export const openBytes = (sealed: Uint8Array, key: Uint8Array, bound: string): Buffer | undefined => {
  if (sealed.length < nonceLength + tagLength) return undefined;
  const nonce = sealed.subarray(0, nonceLength);
  const decipher = createDecipheriv(cipherName, createSecretKey(key), nonce, { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(sealed.subarray(nonceLength, nonceLength + tagLength));
  const start = decipher.update(sealed.subarray(nonceLength + tagLength));
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch (error) {
    if (isWrongTag(error)) return undefined;
    throw error;
  }
};
