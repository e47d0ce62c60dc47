import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher, Pool } from 'undici';
import type { HeaderValues } from './hop-by-hop.ts';
import type { Deadline } from './upload.ts';
import { hasBody } from './upload.ts';

/** The beginning of an upstream's answer. */
export interface AnswerHead {
  readonly status: number;
  readonly upstream: IncomingHttpHeaders;
}

/** How a call is sent once more, where the upstream refuses its access token or the proof of it. */
export interface Repetition {
  /** Whether the body is kept for it, and not streamed. */
  readonly keepsBody: boolean;
  readonly isWanted: (head: AnswerHead) => boolean;
  /** The headers of the second call; `undefined` when they cannot be better than those of the first. */
  readonly createHeaders: (head: AnswerHead) => Promise<HeaderValues | undefined>;
}

/** One call to an upstream. */
interface UpstreamCall {
  readonly pool: Pool;
  readonly sent: Pick<Dispatcher.DispatchOptions, 'path' | 'method' | 'body'>;
  readonly headers: HeaderValues;
  readonly repetition: Repetition | undefined;
  readonly deadline: Pick<Deadline, 'pause' | 'restart'>;
  /** Begins the browser's answer. */
  readonly begin: (head: AnswerHead) => void;
  /** Where the body of the answer goes. */
  readonly answer: ServerResponse;
}

/** A call under way. */
interface RunningCall {
  /** Settles once: with the end of the answer, an error, or what cut the call, whichever comes first. */
  readonly ended: Promise<void>;
  /** Ends the call. An answer that has begun ends the browser's connection. */
  readonly cut: (reason: Error) => void;
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether a request can be sent twice: it changes nothing more the second time, and has no body. @see RFC 9110 section 9.2.2 */
export const isRepeatable = (raw: IncomingMessage): boolean =>
  idempotent.has(raw.method ?? '') && !hasBody(raw);

/** Whether an upstream answers that the access token is not valid. @see RFC 6750 section 3.1 */
export const refusesToken = ({ status, upstream }: AnswerHead): boolean =>
  status === 401 && /\berror\s*=\s*"?invalid_token\b/i.test(String(upstream['www-authenticate'] ?? ''));

/** The end of a call: by the upstream, by an error, or cut. */
const createEnding = (answer: ServerResponse) => {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let controller: Dispatcher.DispatchController | undefined;
  let reason: Error | undefined;
  const fail = (error: Error): void => {
    if (answer.headersSent) answer.destroy();
    reject(error);
  };
  return {
    ended,
    resolve,
    fail,
    isCut: (): boolean => reason !== undefined,
    start: (started: Dispatcher.DispatchController): void => {
      controller = started;
      if (reason !== undefined) started.abort(reason);
    },
    cut: (why: Error): void => {
      reason ??= why;
      fail(reason);
      controller?.abort(reason);
    },
  };
};
type Ending = ReturnType<typeof createEnding>;

/** Passes an answer on as it comes, with back-pressure. */
const passOn = ({ begin, answer }: UpstreamCall, ending: Ending) => ({
  onRequestStart: ending.start,
  onResponseStart: (
    _controller: unknown,
    status: number,
    upstream: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2],
  ): void => {
    if (status >= 200) begin({ status, upstream });
  },
  onResponseData: (controller: Dispatcher.DispatchController, chunk: Buffer): void => {
    if (answer.write(chunk)) return;
    controller.pause();
    answer.once('drain', () => controller.resume());
  },
  onResponseEnd: (): void => {
    answer.end();
    ending.resolve();
  },
  onResponseError: (_controller: unknown, error: Error): void => ending.fail(error),
});

const send = (
  { pool, sent }: UpstreamCall,
  headers: HeaderValues,
  handler: Dispatcher.DispatchHandler,
): void => {
  pool.dispatch({ ...sent, headers, headersTimeout: 0, bodyTimeout: 0 }, handler);
};

/** Holds an answer back that asks for another call, until it is known whether there can be one. */
const passOnOrRepeat = (
  call: UpstreamCall,
  repetition: Repetition,
  ending: Ending,
): Dispatcher.DispatchHandler => {
  const { deadline } = call;
  const passing = passOn(call, ending);
  let isHeld = false;
  let hasEnded = false;
  let failure: Error | undefined;
  const decide = async (controller: Dispatcher.DispatchController, head: AnswerHead): Promise<void> => {
    deadline.pause();
    const renewed = await repetition.createHeaders(head);
    if (ending.isCut()) return;
    deadline.restart();
    if (renewed !== undefined) {
      controller.abort(new Error('The access token was refused'));
      send(call, renewed, passOn(call, ending));
      return;
    }
    if (failure !== undefined) {
      ending.fail(failure);
      return;
    }
    isHeld = false;
    passing.onResponseStart(controller, head.status, head.upstream);
    if (hasEnded) passing.onResponseEnd();
    else controller.resume();
  };
  return {
    ...passing,
    onResponseStart: (controller, status, upstream) => {
      isHeld = repetition.isWanted({ status, upstream });
      if (!isHeld) return passing.onResponseStart(controller, status, upstream);
      controller.pause();
      decide(controller, { status, upstream }).catch(ending.cut);
    },
    onResponseEnd: () => {
      hasEnded = true;
      if (!isHeld) passing.onResponseEnd();
    },
    onResponseError: (controller, error) => {
      failure = error;
      if (!isHeld) passing.onResponseError(controller, error);
    },
  };
};

/**
 * Sends a call, and once more where the upstream's answer asks for it. Without other headers that answer goes to the
 * browser, as the second one does whatever it is.
 */
export const startUpstreamCall = (call: UpstreamCall): RunningCall => {
  const { headers, repetition, answer } = call;
  const ending = createEnding(answer);
  const handler = repetition === undefined ? passOn(call, ending) : passOnOrRepeat(call, repetition, ending);
  send(call, headers, handler);
  return ending;
};
