import { createServer, type Server } from 'node:http';
import type { FastifyHttpOptions, FastifyRequest } from 'fastify';
import { pino } from 'pino';
import { createTrust } from '../logging/client-address.ts';
import { printError } from '../logging/error-print.ts';
import { readRequestId } from '../logging/request-id.ts';
import { createRequestLogOptions, pathOf } from '../logging/request-log.ts';
import { isAnswering, watchAnswers } from './answers-in-flight.ts';
import { createConnectionLimit } from './connection-limit.ts';
import { createEarlyRefusals, type EarlyRefusals } from './early-refusals.ts';
import { asksForWebSocket } from './socket-takeover.ts';

/** The limits that the BFF is meant to run with. Durations are seconds. */
const serverLimits = {
  /** Until a request's headers are there. */
  headersTimeout: 20,
  /** Until a whole request is there, its body too. */
  requestTimeout: 300,
  /** Without a byte either way while a request is under way: a reader that reads nothing is cut. */
  idleTimeout: 120,
  /** Between two requests of a connection. Longer than the 60 s of most load balancers, so that they close first. */
  keepAliveTimeout: 72,
  /** How often the first two are looked at. */
  checkInterval: 5,
  /** Open connections of one client address, in IPv6 of one /64; proxies of `trustProxy` are not limited. */
  connectionsPerAddress: 2048,
};

/** Where log lines go, each with its line feed. */
interface LogStream {
  readonly write: (line: string) => void;
}

/** What the server around the plugin depends on. @see https://fastify.dev/docs/latest/Reference/Server/ */
export interface ServerSettings {
  /** pino's level: `trace` to `fatal`, or `silent`. */
  readonly logLevel: string;
  /** CIDRs whose `X-Forwarded-For` is believed, for client addresses only. */
  readonly trustProxy: readonly string[];
  /** Whether the public URL is https: answers to malformed requests then have HSTS too. Default `false`. */
  readonly isSecure?: boolean;
  /** Origins whose pages may read the answer to a path that cannot be decoded; the BFF's own. Default none. */
  readonly allowedOrigins?: readonly string[];
  /** Limits in place of the defaults. */
  readonly limits?: Readonly<Partial<typeof serverLimits>>;
  /** Where log lines go. Default: standard output; a reader that leaves ends the log, not the server. */
  readonly logStream?: LogStream;
}

/**
 * Written line by line: a destination that collects lines listens for the end of the process, where it would wait for ever
 * for a reader that has left.
 *
 * @see https://getpino.io/#/docs/api?id=pino-destination
 */
const openStandardOutput = (): LogStream => pino.destination({ dest: 1, sync: true });

type StartServer = NonNullable<FastifyHttpOptions<Server>['serverFactory']>;

/** Node answers a request without `Host` and an odd `Expect` by itself, bare: here they come to our own answers. */
const createServerFactory = (
  { trustProxy, limits }: ServerSettings,
  { answerClientError }: EarlyRefusals,
): StartServer => {
  const within = { ...serverLimits, ...limits };
  const limitConnections = createConnectionLimit(within.connectionsPerAddress, trustProxy);
  return (handle) => {
    const server: Server = createServer(
      {
        requireHostHeader: false,
        // Node closes the connection of an upgrade that has no listener; one behind another answer stays HTTP.
        shouldUpgradeCallback: (request) =>
          asksForWebSocket(request) && server.listenerCount('upgrade') > 0 && !isAnswering(request.socket),
        maxHeaderSize: 32 * 1024,
        headersTimeout: within.headersTimeout * 1000,
        requestTimeout: within.requestTimeout * 1000,
        keepAliveTimeout: within.keepAliveTimeout * 1000,
        connectionsCheckingInterval: within.checkInterval * 1000,
      },
      handle,
    );
    watchAnswers(server);
    server.setTimeout(within.idleTimeout * 1000);
    server.on('connection', limitConnections);
    server.on('checkExpectation', handle);
    server.on('clientError', answerClientError);
    return server;
  };
};

/**
 * Options for `Fastify()` that the BFF is meant to run with: request ids, one log line a request without
 * its query, bounded headers, bodies, connections and waiting times, and our own answers to what is not a
 * request.
 *
 * @see https://fastify.dev/docs/latest/Reference/Server/
 */
export const createServerOptions = (settings: ServerSettings): FastifyHttpOptions<Server> => {
  const { isSecure = false, allowedOrigins = [] } = settings;
  const refusals = createEarlyRefusals({ isSecure, allowedOrigins });
  const stream = settings.logStream ?? openStandardOutput();
  return {
    logger: {
      level: settings.logLevel,
      base: null,
      stream,
      serializers: {
        req: (request: FastifyRequest) => ({ method: request.method, path: pathOf(request.url) }),
        err: (error) => ({ ...printError(error) }),
      },
    },
    ...createRequestLogOptions(),
    genReqId: readRequestId,
    requestIdHeader: false,
    trustProxy: settings.trustProxy.length === 0 ? false : createTrust(settings.trustProxy),
    bodyLimit: 64 * 1024,
    // A request that comes while the server closes is answered like any other, and its connection ends with it.
    return503OnClosing: false,
    serverFactory: createServerFactory(settings, refusals),
    frameworkErrors: refusals.frameworkErrors,
    // Fastify adds it to the first of its servers only: ours is on each.
    clientErrorHandler: () => undefined,
  };
};
