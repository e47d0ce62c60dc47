import type { ResolvedOptions } from '@foyer/fastify';
import { createProvider, openProviderHttp, type Provider, requestMetadata } from '@foyer/fastify/provider';
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

type Http = Awaited<ReturnType<typeof openProviderHttp>>;

/** Runs a request the way the BFF asks the provider, through its proxy for one. */
const withHttp = async <T>(options: ResolvedOptions, run: (http: Http) => Promise<T>): Promise<T> => {
  const http = await openProviderHttp(options, Fastify({ logger: false }).log);
  try {
    return await run(http);
  } finally {
    await http.close();
  }
};

type Answer = Awaited<ReturnType<Http['send']>>;

/** Requests a URL; redirects are not followed. */
export const ask = (url: string, options: ResolvedOptions): Promise<Answer> =>
  withHttp(options, (http) => http.send(url));

/** Requests the metadata as a sign-in does: one redirect within the origin is followed. */
export const askForMetadata = (options: ResolvedOptions): Promise<Answer> =>
  withHttp(options, (http) => requestMetadata(http, options));

/** The OAuth code by which the provider refused; `undefined` for any other error. @see RFC 6749 section 5.2 */
export const oauthErrorOf = (error: unknown): string | undefined => {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('error' in cause && typeof cause.error === 'string') return cause.error;
  return undefined;
};
