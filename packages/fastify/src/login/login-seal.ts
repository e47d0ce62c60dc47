import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { deriveKey, openBytes, sealBytes } from '../session/sealing.ts';

/** What a sealed text is for. One that was sealed for one purpose does not open for another. */
type LoginPurpose = 'login' | 'callback';

type Sealed = Readonly<Record<string, unknown>>;

/** Seals what a login hands to the browser, and opens it again. Sealed text needs no encoding in cookies and addresses. */
export interface LoginSeal {
  /** Seals with the first key. */
  readonly seal: (purpose: LoginPurpose, value: Sealed) => string;
  /** Opens with any key; `undefined` for whatever this server did not seal, to the letter, for this purpose. */
  readonly open: (purpose: LoginPurpose, text: string) => Sealed | undefined;
}

/** These texts are short: pieces of 16 kB, the default, have Node look through all its memory every hundred logins. */
const pieces = { chunkSize: 512 };

const parse = (plain: Buffer): Sealed | undefined => {
  const value: unknown = JSON.parse(inflateRawSync(plain, pieces).toString());
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
};

/**
 * Makes the seal of logins. It compresses, since a return-to of 2,048 characters has to fit into the 4 kB that proxies take
 * for the head of an answer.
 */
export const createLoginSeal = (sessionKeys: readonly Uint8Array[]): LoginSeal => {
  const createKeys = (purpose: LoginPurpose): readonly Buffer[] =>
    sessionKeys.map((key) => deriveKey(key, `sealed ${purpose}`));
  const keys = { login: createKeys('login'), callback: createKeys('callback') };
  return {
    seal: (purpose, value) => {
      const [first] = keys[purpose];
      if (first === undefined) throw new Error('There is no session key');
      return sealBytes(deflateRawSync(JSON.stringify(value), pieces), first, purpose).toString('base64url');
    },
    open: (purpose, text) => {
      const bytes = Buffer.from(text, 'base64url');
      // Base64 has several spellings of the same bytes; only the one that was sent is the text that was sealed.
      if (bytes.toString('base64url') !== text) return undefined;
      for (const key of keys[purpose]) {
        const plain = openBytes(bytes, key, purpose);
        if (plain !== undefined) return parse(plain);
      }
      return undefined;
    },
  };
};
