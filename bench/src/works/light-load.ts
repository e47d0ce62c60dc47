import { quantile } from '../arithmetic.ts';
import { startFloor } from '../floors.ts';
import { type Shot, sendLoad } from '../load.ts';
import { signIn, startProduct } from '../product.ts';
import { ask, type Contender } from '../rounds.ts';

const path = '/api/me';

/** About a thousand requests a second, which leaves a server idle most of the time. In step, eight would wait for each other. */
const light = { connections: 8, pause: 16 };

/** Answers that follow each other. Other programs on the machine hold a server up for longer than it does itself, but not always. */
const stretch = 200;
/** The share of the stretches that are better than the one reported: disturbance only adds, and meets most of them. */
const better = 0.25;
/** The first answers have what opening connections costs. */
const first = 100;

/** The p99 of each stretch, and of them that of a stretch that little has disturbed. */
const measureP99 = async (shot: Shot, milliseconds: number): Promise<number> => {
  const { latencies } = await sendLoad(shot, { milliseconds, ...light });
  const found: number[] = [];
  for (let at = first; at + stretch <= latencies.length; at += stretch)
    found.push(quantile(latencies.slice(at, at + stretch), 0.99));
  if (found.length === 0)
    throw new Error(`Only ${latencies.length} answers came: the machine is too busy to measure light load`);
  return quantile(found, better);
};

const contend = (subject: Contender['subject'], shot: Shot): Contender => ({
  name: subject.name,
  subject,
  // Only to warm up: under light load it takes minutes until everything is compiled.
  work: ask(shot),
  measure: (milliseconds) => measureP99(shot, milliseconds),
});

/** The time in which 99 of 100 signed-in requests are answered while there is little to do, beside the same answer of bare Fastify. */
export const enterLightLoad = async (): Promise<readonly Contender[]> => {
  const product = await startProduct('Foyer, sqlite, as shipped');
  const headers = { cookie: await signIn(product) };
  const answer = await (await fetch(`${product.url}${path}`, { headers })).text();
  if (!answer.includes('"authenticated":true')) throw new Error('No one is signed in');
  const bare = await startFloor('bare Fastify', 'bare-fastify', { answer });
  return [
    contend(product, { port: product.port, path, headers }),
    contend(bare, { port: bare.port, path, headers }),
  ];
};
