import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const wellFormedId = /^[A-Za-z0-9_-]{8,64}$/;

/** Makes random texts of so many bytes: one call for many random bytes costs less than many calls. */
export const createRandomTexts = (bytes: number, encoding: 'base64url' | 'hex'): (() => string) => {
  const length = Buffer.alloc(bytes).toString(encoding).length;
  let pool = '';
  let next = 0;
  return () => {
    if (next === pool.length) {
      pool = randomBytes(512 * bytes).toString(encoding);
      next = 0;
    }
    next += length;
    return pool.slice(next - length, next);
  };
};

/** 12 random bytes, base64url. */
export const createRequestId = createRandomTexts(12, 'base64url');

/** The request's own id where it is well formed, else a new one. */
export const readRequestId = (request: { readonly headers: IncomingMessage['headers'] }): string => {
  const brought = request.headers['x-request-id'];
  return typeof brought === 'string' && wellFormedId.test(brought) ? brought : createRequestId();
};
