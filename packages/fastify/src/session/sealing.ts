import { hkdfSync, randomBytes } from 'node:crypto';
import sodium from 'sodium-native';

const {
  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES: nonceLength,
  crypto_aead_xchacha20poly1305_ietf_ABYTES: tagLength,
  crypto_aead_xchacha20poly1305_ietf_encrypt: encrypt,
  crypto_aead_xchacha20poly1305_ietf_decrypt: decrypt,
} = sodium;

/** Derives the key for one purpose from a session key: 32 bytes. @see RFC 5869 */
export const deriveKey = (sessionKey: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', sessionKey, 'foyer', purpose, 32));

/** The BLAKE2b digest of `text` under a key of 32 bytes: 32 bytes that cannot be made without it. @see RFC 7693 */
export const keyedDigest = (key: Buffer, text: string): Buffer => {
  const digest = Buffer.alloc(32);
  sodium.crypto_generichash(digest, Buffer.from(text), key);
  return digest;
};

/**
 * Encrypts with a fresh nonce by XChaCha20-Poly1305: nonce, ciphertext, tag. `bound` has to be the same when it is opened.
 *
 * @see https://doc.libsodium.org/secret-key_cryptography/aead/chacha20-poly1305/xchacha20-poly1305_construction
 */
export const sealBytes = (plain: Buffer, key: Buffer, bound: string): Buffer => {
  const nonce = randomBytes(nonceLength);
  const sealed = Buffer.alloc(nonceLength + plain.length + tagLength);
  nonce.copy(sealed);
  encrypt(sealed.subarray(nonceLength), plain, Buffer.from(bound), null, nonce, key);
  return sealed;
};

const isWrongTag = (error: unknown): boolean =>
  error instanceof Error && error.message === 'could not verify data';

/** Decrypts what `sealBytes` made; `undefined` for anything else. */
export const openBytes = (sealed: Uint8Array, key: Buffer, bound: string): Buffer | undefined => {
  if (sealed.length < nonceLength + tagLength) return undefined;
  const { buffer, byteOffset, length } = sealed;
  const bytes = Buffer.from(buffer, byteOffset, length);
  const plain = Buffer.alloc(length - nonceLength - tagLength);
  const nonce = bytes.subarray(0, nonceLength);
  try {
    decrypt(plain, null, bytes.subarray(nonceLength), Buffer.from(bound), nonce, key);
    return plain;
  } catch (error) {
    if (isWrongTag(error)) return undefined;
    throw error;
  }
};
