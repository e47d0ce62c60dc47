import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';

/** One request; the caller sets every header. */
export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Reuses connections between requests. Default: each request opens its own. */
  readonly agent?: Agent | undefined;
}

const bodyless = new Set([204, 205, 304]);

function toResponse(message: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i] ?? '', message.rawHeaders[i + 1] ?? '');
  const status = message.statusCode ?? 0;
  if (bodyless.has(status) || method === 'HEAD') {
    message.resume();
    return new Response(null, { status, headers });
  }
  const chunks = Readable.toWeb(message).getReader();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await chunks.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => chunks.cancel(reason),
  });
  return new Response(body, { status, headers });
}

/**
 * Sends one http or https request and returns the answer, with the body as a stream, without following a redirect. Not
 * `fetch`, which overwrites `Sec-Fetch-Mode`. Every `*.localhost` name resolves to 127.0.0.1, as in Chromium.
 */
export function exchange(wire: WireRequest): Promise<Response> {
  const { url, method, headers, body, signal, agent } = wire;
  const host =
    url.hostname.endsWith('.localhost') || url.hostname === 'localhost' ? '127.0.0.1' : url.hostname;
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = send(
      {
        host: host.replace(/^\[|\]$/g, ''),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        method,
        headers: {
          host: url.host,
          ...headers,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
        agent: agent ?? false,
        ...(signal === undefined ? {} : { signal }),
      },
      (message) => resolve(toResponse(message, method)),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
