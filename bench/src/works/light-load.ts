import { quantile } from '../arithmetic.ts';
import { startFloor } from '../floors.ts';
import { type Shot, sendLoad } from '../load.ts';
import { signIn, startProduct } from '../product.ts';
import type { Contender } from '../rounds.ts';

const path = '/api/me';

/** About a thousand requests a second, which leaves a server idle most of the time. */
const light = { connections: 8, pause: 8 };

const contend = (subject: Contender['subject'], shot: Shot): Contender => ({
  name: subject.name,
  subject,
  work: async (milliseconds) => (await sendLoad(shot, { milliseconds, ...light })).requests,
  measure: async (milliseconds) =>
    quantile((await sendLoad(shot, { milliseconds, ...light })).latencies, 0.99),
});

/** The time in which 99 of 100 signed-in requests are answered while there is little to do, beside the same answer of bare Fastify. */
export const enterLightLoad = async (): Promise<readonly Contender[]> => {
  const product = await startProduct('Foyer, sqlite, as shipped');
  const headers = { cookie: await signIn(product) };
  const answer = await (await fetch(`${product.url}${path}`, { headers })).text();
  if (!answer.includes('"authenticated":true')) throw new Error('Nobody is signed in');
  const bare = await startFloor('bare Fastify', 'bare-fastify', { answer });
  return [contend(product, { port: product.port, path, headers }), contend(bare, { port: bare.port, path })];
};
