import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const answers = new WeakMap<Duplex, Set<ServerResponse>>();
const watched = new WeakSet<object>();

/** Follows which answers are under way on each connection of a server. A second call for the same server does nothing. */
export const watchAnswers = (server: Pick<Server, 'on'>): void => {
  if (watched.has(server)) return;
  watched.add(server);
  server.on('request', ({ socket }, response: ServerResponse) => {
    const open = answers.get(socket) ?? new Set();
    answers.set(socket, open.add(response));
    response.on('close', () => open.delete(response));
  });
};

/** Whether a request of this connection still waits for its answer, or for the end of it. */
export const isAnswering = (socket: Duplex): boolean => (answers.get(socket)?.size ?? 0) > 0;

/** The headers of the request that its connection waits for: one whose body has not come, if any. */
export const headersInFlight = (socket: Duplex): IncomingHttpHeaders =>
  [...(answers.get(socket) ?? [])][0]?.req.headers ?? {};

/** Whether a part of an answer is on its way: a refusal written now would be read as part of it. */
export const hasBegunAnswer = (socket: Duplex): boolean =>
  [...(answers.get(socket) ?? [])].some(({ headersSent }) => headersSent);
