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

type Answer = Awaited<ReturnType<Provider['ask']>>;

/** Requests a URL the way the BFF asks the provider, through its proxy for one; redirects are not followed. */
export const ask = (url: string, options: ResolvedOptions): Promise<Answer> =>
  tryProvider(options, (provider) => provider.ask(url));

/** Requests the metadata as a sign-in does: one redirect within the origin is followed. */
export const askForMetadata = (options: ResolvedOptions): Promise<Answer> =>
  tryProvider(options, (provider) => provider.ask());

/** The OAuth code by which the provider refused; `undefined` for any other error. @see RFC 6749 section 5.2 */
export const oauthErrorOf = (error: unknown): string | undefined => {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('error' in cause && typeof cause.error === 'string') return cause.error;
  return undefined;
};
