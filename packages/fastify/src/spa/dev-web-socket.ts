import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { switchProtocols } from '../proxy/protocol-switch.ts';
import type { Tunnel } from '../proxy/web-socket-tunnel.ts';
import { askForUpgrade } from '../proxy/web-socket-upgrade.ts';

/** The WebSockets to a dev server. */
interface DevWebSockets {
  /**
   * Opens one between the request's connection and the dev server, or sends the dev server's refusal.
   *
   * @throws Problem as `askForUpgrade` does.
   */
  readonly open: (
    request: FastifyRequest,
    reply: FastifyReply,
    headers: IncomingHttpHeaders,
  ) => Promise<FastifyReply>;
  /** Closes every one. */
  readonly endAll: () => void;
}

/** Seconds until the dev server must have answered. */
const answerTimeoutSeconds = 30;

const isOpening = ([name]: readonly [string, unknown]): boolean => !name.startsWith('access-control-');

const present = (headers: IncomingHttpHeaders): Record<string, string | string[]> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value ? [[name, value]] : [])));

/** Makes the set of open WebSockets to the dev server at `origin`. */
export const createDevWebSockets = (origin: string): DevWebSockets => {
  const tunnels = new Set<Tunnel>();
  return {
    open: async (request, reply, headers) => {
      const stop = new AbortController();
      reply.raw.once('close', () => stop.abort());
      const upstream = await askForUpgrade({
        ...{ origin, target: request.url, headers: present(headers), signal: stop.signal },
        timeout: answerTimeoutSeconds,
      });
      const answer = Object.fromEntries(Object.entries(present(upstream.answer.headers)).filter(isOpening));
      if (upstream.kind === 'refused') {
        const { connection: _connection, 'transfer-encoding': _framing, ...kept } = answer;
        return reply
          .code(upstream.answer.statusCode ?? 502)
          .headers(kept)
          .send(upstream.answer);
      }
      const tunnel = switchProtocols(request, reply, {
        ...{ upstream, headers: answer },
        onClosed: () => tunnels.delete(tunnel),
      });
      tunnels.add(tunnel);
      return reply;
    },
    endAll: () => {
      for (const tunnel of tunnels) tunnel.end(1012, 'The service restarts');
    },
  };
};
