import type { ResolvedOptions } from '@foyer/fastify';
import { createProvider, type Provider } from '@foyer/fastify/provider';
import Fastify, { type FastifyBaseLogger } from 'fastify';

/** Runs a trial with the same provider client that the BFF uses for these options. Nothing is logged. */
export const tryProvider = async <T>(
  options: ResolvedOptions,
  run: (provider: Provider, log: FastifyBaseLogger) => Promise<T>,
): Promise<T> => {
  const { log } = Fastify({ logger: false });
  const provider = createProvider(options, log);
  try {
    return await run(provider, log);
  } finally {
    await provider.close();
  }
};

/** Requests a URL and returns the status and `Location` of its answer, without following the redirect. */
export const fetchWithoutFollowing = async (
  url: string,
  { providerTimeout }: ResolvedOptions,
): Promise<{ readonly status: number; readonly location: string }> => {
  const signal = AbortSignal.timeout(providerTimeout * 1000);
  const answer = await fetch(url, { redirect: 'manual', signal });
  await answer.body?.cancel();
  return { status: answer.status, location: answer.headers.get('location') ?? '' };
};
