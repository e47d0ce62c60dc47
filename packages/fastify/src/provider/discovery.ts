import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Problem } from '../problems.ts';
import { type DiscoveryOptions, fetchMetadata } from './discovery-document.ts';
import type { Metadata } from './metadata.ts';
import { providerProblem } from './provider-errors.ts';
import type { ProviderHttp } from './provider-http.ts';

/**
 * Lazy discovery: one request at a time, a pause after a failure, nothing bad kept. Metadata is read again in the
 * background when it is old or in doubt, and what was good stays until the new is good.
 */
export interface Discovery {
  readonly current: () => Metadata | undefined;
  /** @throws Problem `provider_*` while there has been no metadata yet. */
  readonly require: () => Promise<Metadata>;
  /** Reads the metadata again after a failure that may come from old metadata; never throws. */
  readonly doubt: () => void;
}

/** Milliseconds between two readings that a doubt causes. */
const doubtPauseMs = 5000;

/** Discovers the metadata of the issuer when it is first required. */
export const createDiscovery = (
  http: ProviderHttp,
  options: DiscoveryOptions & Pick<ResolvedOptions, 'clock'>,
  log: FastifyBaseLogger,
): Discovery => {
  const { clock } = options;
  let known: { readonly metadata: Metadata; readonly readAt: number; readonly staleAt: number } | undefined;
  let running: Promise<Metadata> | undefined;
  let failure: { readonly problem: Problem; readonly until: number } | undefined;
  let failures = 0;

  const read = async (): Promise<Metadata> => {
    try {
      const { metadata, ignored, lifetimeSeconds } = await fetchMetadata(http, options);
      for (const endpoint of ignored) logEvent(log, 'provider_endpoint_ignored', { endpoint });
      known = { metadata, readAt: clock(), staleAt: clock() + lifetimeSeconds * 1000 };
      failures = 0;
      failure = undefined;
      return metadata;
    } catch (error) {
      const problem = providerProblem(error);
      failure = { problem, until: clock() + Math.min(250 * 2 ** failures, 5000) };
      failures = Math.min(failures + 1, 8);
      throw problem;
    } finally {
      running = undefined;
    }
  };
  const readOnce = async (): Promise<Metadata> => {
    if (running !== undefined) return running;
    if (failure !== undefined && clock() < failure.until) throw failure.problem;
    running = read();
    return running;
  };
  const readAgain = (): void => {
    if (running !== undefined || (failure !== undefined && clock() < failure.until)) return;
    readOnce().catch((error: unknown) => logEvent(log, 'provider_metadata_stale', { err: error }));
  };
  return {
    current: () => known?.metadata,
    require: async () => {
      if (known === undefined) return readOnce();
      if (clock() >= known.staleAt) readAgain();
      return known.metadata;
    },
    doubt: () => {
      if (known !== undefined && clock() >= known.readAt + doubtPauseMs) readAgain();
    },
  };
};
