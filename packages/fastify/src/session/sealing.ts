import { hkdfSync, randomBytes } from 'node:crypto';
import sodium from 'sodium-native';

const {
  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES: nonceLength,
  crypto_aead_xchacha20poly1305_ietf_ABYTES: tagLength,
  crypto_aead_xchacha20poly1305_ietf_encrypt: encrypt,
  crypto_aead_xchacha20poly1305_ietf_decrypt: decrypt,
} = sodium;

/** Keys of 32 bytes for one purpose: the first seals, all open. */
export type Keys = readonly [Buffer, ...Buffer[]];

/** Makes one of each key, in their order. */
export const mapKeys = <Made>(
  [first, ...others]: Keys,
  make: (key: Buffer) => Made,
): readonly [Made, ...Made[]] => [make(first), ...others.map((key) => make(key))];

/** Derives the keys for one purpose from the session keys. @see RFC 5869 */
export const deriveKeys = (sessionKeys: readonly Uint8Array[], purpose: string): Keys => {
  const [first, ...others] = sessionKeys.map((key) =>
    Buffer.from(hkdfSync('sha256', key, 'foyer', purpose, 32)),
  );
  if (first === undefined) throw new Error('There is no session key');
  return [first, ...others];
};

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
export const sealBytes = (plain: Buffer, [key]: Keys, bound: string): Buffer => {
  const nonce = randomBytes(nonceLength);
  const sealed = Buffer.alloc(nonceLength + plain.length + tagLength);
  nonce.copy(sealed);
  encrypt(sealed.subarray(nonceLength), plain, Buffer.from(bound), null, nonce, key);
  return sealed;
};

const isWrongTag = (error: unknown): boolean =>
  error instanceof Error && error.message === 'could not verify data';

/** Decrypts what `sealBytes` made with one of these keys; `undefined` for anything else. */
export const openBytes = (sealed: Uint8Array, keys: Keys, bound: string): Buffer | undefined => {
  if (sealed.length < nonceLength + tagLength) return undefined;
  const { buffer, byteOffset, length } = sealed;
  const bytes = Buffer.from(buffer, byteOffset, length);
  const plain = Buffer.alloc(length - nonceLength - tagLength);
  const nonce = bytes.subarray(0, nonceLength);
  for (const key of keys) {
    try {
      decrypt(plain, null, bytes.subarray(nonceLength), Buffer.from(bound), nonce, key);
      return plain;
    } catch (error) {
      if (!isWrongTag(error)) throw error;
    }
  }
  return undefined;
};

/** The bytes of base64url. It has several spellings of the same bytes: `undefined` for any but the one that is sent. */
export const decodeText = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
};
