import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { decodeText, deriveKeys, openBytes, sealBytes } from '../session/sealing.ts';

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
  const createKeys = (purpose: LoginPurpose) => deriveKeys(sessionKeys, `sealed ${purpose}`);
  const keys = { login: createKeys('login'), callback: createKeys('callback') };
  return {
    seal: (purpose, value) =>
      sealBytes(deflateRawSync(JSON.stringify(value), pieces), keys[purpose], purpose).toString('base64url'),
    open: (purpose, text) => {
      const sealed = decodeText(text);
      const plain = sealed && openBytes(sealed, keys[purpose], purpose);
      return plain && parse(plain);
    },
  };
};
