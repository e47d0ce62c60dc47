import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { root } from './pages.ts';

/** A fresh session key. */
export const createSessionKey = (): string => randomBytes(32).toString('base64');

/** A fresh private key of a client, as `pnpm key --client` prints it. */
export const createClientKey = (alg: 'ES256' | 'PS256' | 'EdDSA'): string =>
  execFileSync(process.execPath, ['scripts/key.mjs', '--client', alg], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
