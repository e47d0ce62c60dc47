import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

/** A load balancer that sends each request to the next target whose `/readyz` answers 200, and tries nothing twice. */
export interface Balancer {
  /** The targets that get requests now. */
  readonly ready: () => readonly string[];
  /** What went wrong between it and a target, in words. */
  readonly failures: readonly string[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Milliseconds between two looks at a target. */
const period = 100;
/** Milliseconds that a target has to say whether it is ready: one that is merely busy is not away. */
const timeoutMs = 10_000;

const isReady = async (target: string): Promise<boolean> => {
  try {
    return (await fetch(`${target}/readyz`, { signal: AbortSignal.timeout(timeoutMs) })).ok;
  } catch {
    return false; // The target does not listen, or does not answer.
  }
};

/** Starts a balancer before these targets. It keeps its connections to them open, as real ones do. */
export const startBalancer = async (port: number, targets: readonly string[]): Promise<Balancer> => {
  const agent = new Agent({ keepAlive: true });
  const failures: string[] = [];
  let ready: readonly string[] = [];
  let turn = 0;

  const look = async (): Promise<void> => {
    const answers = await Promise.all(targets.map(isReady));
    const found = targets.filter((_target, at) => answers[at]);
    // Where none is ready it goes on with the last ones, as real ones do: who asks is better refused by a target.
    if (found.length > 0) ready = found;
  };
  const pass = (incoming: IncomingMessage, answer: ServerResponse): void => {
    turn += 1;
    const target = ready[turn % ready.length] ?? 'http://127.0.0.1:9';
    const fail = (error: Error): void => {
      failures.push(`${incoming.method} ${incoming.url}: ${error.message}`);
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end();
    };
    const { connection: _, ...headers } = incoming.headers;
    const outgoing = request(`${target}${incoming.url}`, { method: incoming.method, headers, agent });
    outgoing.once('response', (given) => {
      const { connection: _its, 'keep-alive': _own, ...kept } = given.headers;
      answer.writeHead(given.statusCode ?? 502, kept);
      pipeline(given, answer, (error) => {
        if (error) failures.push(`${incoming.method} ${incoming.url}: ${error.message}`);
      });
    });
    outgoing.once('error', fail);
    incoming.pipe(outgoing);
  };

  // A browser's kept connection outlives every pause of a busy machine.
  const server = createServer({ keepAliveTimeout: 120_000 }, pass).listen(port, '127.0.0.1');
  await Promise.all([once(server, 'listening'), look()]);
  const closing = new AbortController();
  const watching = (async () => {
    while (!closing.signal.aborted) {
      await wait(period);
      await look();
    }
  })();
  return {
    ready: () => ready,
    failures,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await watching;
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
