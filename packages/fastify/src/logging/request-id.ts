import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const wellFormedId = /^[A-Za-z0-9_-]{8,64}$/;
/** 12 bytes. */
const length = 16;

// One call for many random bytes costs less than many calls.
let pool = '';
let next = 0;

/** 12 random bytes, base64url. */
export const createRequestId = (): string => {
  if (next === pool.length) {
    pool = randomBytes(512 * 12).toString('base64url');
    next = 0;
  }
  next += length;
  return pool.slice(next - length, next);
};

/** The request's own id where it is well formed, else a new one. */
export const readRequestId = (request: { readonly headers: IncomingMessage['headers'] }): string => {
  const brought = request.headers['x-request-id'];
  return typeof brought === 'string' && wellFormedId.test(brought) ? brought : createRequestId();
};
