import type { ProblemCode, SignedOutReason } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';

/** One thing that happened, for metrics and traces. Durations are seconds; nothing in it names a user. @see docs/metrics.md */
export type Observation = Happened & {
  /** The id of the provider that it is about, where there are several. */
  readonly provider?: string;
};

type Happened =
  | {
      readonly kind: 'request';
      readonly method: string;
      /** The route's pattern, never the path that was asked for. */
      readonly route: string;
      readonly status: number;
      readonly seconds: number;
    }
  | { readonly kind: 'login'; readonly outcome: 'started' | 'succeeded' | ProblemCode }
  | { readonly kind: 'logout'; readonly by: 'user' | 'provider' }
  | { readonly kind: 'session_opened' }
  | { readonly kind: 'session_ended'; readonly reason: SignedOutReason }
  | { readonly kind: 'refresh'; readonly outcome: 'succeeded' | 'refused' | 'failed' }
  | { readonly kind: 'rate_limited' }
  | {
      readonly kind: 'provider_call';
      /** Path of the endpoint's URL. */
      readonly endpoint: string;
      readonly status: number | 'failed';
      readonly seconds: number;
    }
  | {
      readonly kind: 'store_call';
      readonly operation: string;
      readonly outcome: 'succeeded' | 'failed';
      readonly seconds: number;
    }
  | {
      readonly kind: 'upstream_call';
      /** The prefix of the API route. */
      readonly prefix: string;
      readonly status: number | 'failed';
      readonly seconds: number;
    }
  | { readonly kind: 'stream'; readonly of: 'events' | 'websocket'; readonly change: 1 | -1 };

/** Takes observations as they happen, on the way of a request: it must be quick, and must not throw. @see docs/metrics.md */
export type Observe = (observation: Observation) => void;

/** Seconds since `start`, a value of `performance.now()`. */
export const secondsSince = (start: number): number => (performance.now() - start) / 1000;

/** Reports every finished request of the scope, by its route's pattern. */
export const observeRequests = (scope: FastifyInstance, observe: Observe): void => {
  scope.addHook('onResponse', (request, reply, done) => {
    observe({
      kind: 'request',
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
    done();
  });
};
