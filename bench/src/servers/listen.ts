import type { FastifyInstance } from 'fastify';

/** What a floor or peer is told on its command line. */
export interface ServerSettings {
  readonly port: number;
  /** The answer of `/api/me`, as the product gave it. */
  readonly answer: string;
}

/** Reads them. */
export const readSettings = (): ServerSettings => {
  const [port, answer = '{}'] = process.argv.slice(2);
  return { port: Number(port), answer };
};

/** Listens where the product does. */
export const listen = async (app: FastifyInstance, { port }: ServerSettings): Promise<void> => {
  await app.listen({ port, host: '127.0.0.1' });
};
