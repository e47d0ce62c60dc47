import type { ResolvedOptions } from '@foyer/fastify';
import { createProvider, openProviderHttp, type Provider } from '@foyer/fastify/provider';
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

type Answer = Awaited<ReturnType<Awaited<ReturnType<typeof openProviderHttp>>['send']>>;

/** Requests a URL the way the BFF asks the provider, through its proxy for one; redirects are not followed. */
export const ask = async (url: string, options: ResolvedOptions): Promise<Answer> => {
  const http = await openProviderHttp(options, Fastify({ logger: false }).log);
  try {
    return await http.send(url);
  } finally {
    await http.close();
  }
};
