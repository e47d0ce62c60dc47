import { randomFillSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const wellFormedId = /^[A-Za-z0-9_-]{8,64}$/;
const length = 12;

// Asking for random bytes costs more than the bytes: one asks for many at a time.
const pool = Buffer.alloc(512 * length);
let next = pool.length;

/** 12 random bytes, base64url. */
export const createRequestId = (): string => {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  next += length;
  return pool.toString('base64url', next - length, next);
};

/** The request's own id where it is well formed, else a new one. */
export const readRequestId = (request: { readonly headers: IncomingMessage['headers'] }): string => {
  const brought = request.headers['x-request-id'];
  return typeof brought === 'string' && wellFormedId.test(brought) ? brought : createRequestId();
};
