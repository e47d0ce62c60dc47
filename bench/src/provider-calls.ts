import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** What a server asked of its provider by itself, browsers not counted. */
export interface ProviderCalls {
  calls: number;
  /** Connections that it opened for them. */
  connections: number;
}

const counts = new Map<number, ProviderCalls>();
const known = new WeakSet<Socket>();
const own = /^\/(token|me|jwks|\.well-known\/)/;

// Node reports every request to a server of this process, and the providers are in this process.
subscribe('http.server.request.start', (message) => {
  if (typeof message !== 'object' || message === null) return;
  const { request, socket }: { request?: { url?: string }; socket?: Socket } = message;
  const count = counts.get(socket?.localPort ?? 0);
  if (count === undefined || socket === undefined || !own.test(request?.url ?? '')) return;
  count.calls += 1;
  if (!known.has(socket)) count.connections += 1;
  known.add(socket);
});

/** Counts for the provider at `port`, from now on. */
export const countProviderCalls = (port: number): ProviderCalls => {
  const count = { calls: 0, connections: 0 };
  counts.set(port, count);
  return count;
};
