import { startFloor } from '../floors.ts';
import type { Shot } from '../load.ts';
import { signIn, startProduct } from '../product.ts';
import { ask, type Contender } from '../rounds.ts';
import { countEvents } from '../streams.ts';
import { startUpstream } from '../upstream.ts';

const streams = 8;

const workOf = (shot: Shot): Contender['work'] =>
  shot.path.endsWith('/events')
    ? (milliseconds) => countEvents(shot, { milliseconds, connections: streams })
    : ask(shot);

/** A small and a large JSON answer of an API behind the server, or the events of streams that stay open. */
export const enterProxying = async (path: '/small' | '/large' | '/events'): Promise<readonly Contender[]> => {
  const upstream = await startUpstream();
  const product = await startProduct('Foyer, signed in, as shipped', {
    API_ROUTES: JSON.stringify([{ prefix: '/api/demo', upstream: upstream.origin }]),
  });
  const headers = { cookie: await signIn(product) };
  const plain = await startFloor('plain @fastify/http-proxy', 'http-proxy', { source: upstream.origin });
  const target = `/api/demo${path}`;
  return [
    {
      name: product.name,
      subject: {
        ...product,
        stop: async () => {
          await product.stop();
          upstream.stop();
        },
      },
      work: workOf({ port: product.port, path: target, headers }),
    },
    { name: plain.name, subject: plain, work: workOf({ port: plain.port, path: target }) },
  ];
};
