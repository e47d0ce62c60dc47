import { flushCompileCache } from 'node:module';
import type { FastifyInstance } from 'fastify';

/** The command line of a floor or peer. */
export interface ServerSettings {
  readonly port: number;
  readonly url: string;
  /** The answer of `/api/me`, as the product gave it. */
  readonly answer: string;
  /** The headers of that answer, as JSON. */
  readonly headers: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** A directory of built files, or the origin of an upstream, where the work needs one. */
  readonly source: string;
}

/** Reads them. */
export const readSettings = (): ServerSettings => {
  const settings: ServerSettings = JSON.parse(process.argv[2] ?? '');
  return settings;
};

/** Listens where the product does, and keeps what was compiled for the next start. */
export const listen = async (app: FastifyInstance, { port }: ServerSettings): Promise<void> => {
  await app.listen({ port, host: '127.0.0.1' });
  flushCompileCache();
};
