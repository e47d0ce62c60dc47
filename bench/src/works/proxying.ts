import { startFloor } from '../floors.ts';
import { signIn, startProduct } from '../product.ts';
import { ask, type Contender } from '../rounds.ts';

/** A small and a large JSON answer of an API behind the server. */
export const enterProxying = async (path: '/small' | '/large'): Promise<readonly Contender[]> => {
  const upstream = await startFloor('upstream', 'upstream');
  const product = await startProduct('Foyer, signed in, as shipped', {
    API_ROUTES: JSON.stringify([
      { prefix: '/api/demo', upstream: upstream.url.replace('localhost', '127.0.0.1') },
    ]),
  });
  const headers = { cookie: await signIn(product) };
  const plain = await startFloor('plain @fastify/http-proxy', 'http-proxy', {
    source: upstream.url.replace('localhost', '127.0.0.1'),
  });
  const target = `/api/demo${path}`;
  return [
    { name: product.name, subject: product, work: ask({ port: product.port, path: target, headers }) },
    { name: plain.name, subject: plain, work: ask({ port: plain.port, path: target }) },
    { name: 'the upstream itself', subject: upstream, work: ask({ port: upstream.port, path }) },
  ];
};
