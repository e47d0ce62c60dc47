import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HeaderValues } from './hop-by-hop.ts';
import { hasBody } from './upload.ts';

/** The beginning of an upstream's answer. */
export interface AnswerHead {
  readonly status: number;
  readonly upstream: IncomingHttpHeaders;
}

/** Makes the headers of the same call with another access token; `undefined` when another one cannot be had. */
export type RenewHeaders = () => Promise<HeaderValues | undefined>;

/** One call to an upstream that may be sent again. */
interface RepeatableCall {
  readonly headers: HeaderValues;
  readonly renewHeaders: RenewHeaders;
  /** Sends the call with these headers; settles when the answer has been written to what `begin` returned. */
  readonly send: (headers: HeaderValues, begin: (head: AnswerHead) => Writable) => Promise<unknown>;
  /** Begins the browser's answer, and returns where its body goes. */
  readonly begin: (head: AnswerHead) => Writable;
  readonly deadline: { readonly pause: () => void; readonly restart: () => void };
  readonly signal: AbortSignal;
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether a request can be sent twice: it changes nothing more the second time, and has no body. @see RFC 9110 section 9.2.2 */
export const isRepeatable = (raw: IncomingMessage): boolean =>
  idempotent.has(raw.method ?? '') && !hasBody(raw);

/** Whether an upstream answers that the access token is not valid. @see RFC 6750 section 3.1 */
const refusesToken = ({ status, upstream }: AnswerHead): boolean =>
  status === 401 && /\berror\s*=\s*"?invalid_token\b/i.test(String(upstream['www-authenticate'] ?? ''));

/**
 * Sends a call, and once more with another access token where the upstream answers that the first is not valid. Without
 * another token that answer goes to the browser, as the second one does whatever it is.
 */
export const sendWithRetry = async (call: RepeatableCall): Promise<void> => {
  const { headers, renewHeaders, send, begin, deadline, signal } = call;
  const body = new PassThrough();
  body.on('error', () => undefined);
  const refused = Promise.withResolvers<AnswerHead>();
  const sent = send(headers, (head) => {
    if (!refusesToken(head)) return begin(head);
    refused.resolve(head);
    return body;
  });
  const refusal = await Promise.race([sent.then(() => undefined), refused.promise]);
  if (refusal === undefined) return;
  try {
    deadline.pause();
    const renewed = await renewHeaders();
    signal.throwIfAborted();
    deadline.restart();
    if (renewed === undefined) await pipeline(body, begin(refusal));
    else await send(renewed, begin);
  } finally {
    body.destroy();
  }
};
