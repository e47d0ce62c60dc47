import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { summarise } from '../arithmetic.ts';
import type { Peer } from '../floors.ts';
import { startProduct, startVisitor } from '../product.ts';
import type { Measured } from '../report.ts';
import { writeTable } from '../table.ts';

/** What open event streams take of a server that has nothing else to do. */
interface OpenStreams {
  readonly streams: number;
  /** Resident bytes that they hold. */
  readonly held: number;
  /** Resident bytes that the process took to open them, garbage included. */
  readonly taken: number;
  /** Milliseconds that a timer of 1 ms came late, 99 of 100 times at most. */
  readonly delay: number;
}

/** As many as a server allows of one session. */
const streamsPerSession = 4;

const columns = [
  'streams',
  'memory they hold',
  'with the garbage of opening them',
  'event-loop delay, p99',
].map((title) => ({
  title,
  isNumber: true,
}));

/** Settles with the first event; the stream stays open until the signal. */
const openStream = (port: number, cookie: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port, path: '/api/me/events', headers: { cookie }, agent: false };
    const request = get({ ...target, signal }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`A stream was answered ${answer.statusCode}`));
      answer.once('data', () => resolve());
      answer.on('error', () => undefined);
    });
    // The requests that are aborted here have been answered before.
    request.on('error', reject);
  });

/** Signs in as often as it takes; returns the session of each stream. */
const signInForAll = async (product: Peer, streams: number): Promise<readonly string[]> => {
  const visitor = await startVisitor(product);
  const cookies: string[] = [];
  for (let stream = 0; stream < streams; stream += 1) {
    if (stream % streamsPerSession === 0) await visitor.signIn();
    cookies.push(visitor.cookie());
  }
  return cookies;
};

const readP99 = (answer: unknown): number => {
  if (typeof answer === 'object' && answer !== null && 'p99' in answer) return Number(answer.p99);
  throw new TypeError('The server did not report its delay');
};

const writeStreams = ({ streams, held, taken, delay }: OpenStreams): string => {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const row = [String(streams), megabytes(held), megabytes(taken), `${delay.toFixed(1)} ms`];
  return `### Open event streams\n\n${writeTable(columns, [row])}\n`;
};

/** Opens the streams, lets a moment pass, and watches the server for `milliseconds` in which nothing happens. */
const openAll = async (streams: number, milliseconds: number): Promise<OpenStreams> => {
  const product = await startProduct('Foyer, sqlite, as shipped');
  const leaving = new AbortController();
  try {
    const [first = '', ...cookies] = await signInForAll(product, 1 + streams);
    // The first stream of a process costs more, once.
    await openStream(product.port, first, leaving.signal);
    await sleep(milliseconds);
    await product.ask('collect garbage');
    const before = await product.usage();
    for (const cookie of cookies) await openStream(product.port, cookie, leaving.signal);
    await sleep(milliseconds);
    await product.ask('watch delay');
    await sleep(milliseconds);
    const delay = readP99(await product.ask('delay'));
    const after = await product.usage();
    await product.ask('collect garbage');
    const collected = await product.usage();
    return { streams, held: collected.rss - before.rss, taken: after.rss - before.rss, delay };
  } finally {
    leaving.abort();
    await product.stop();
  }
};

/** Does so with a fresh server each of `times`; reports the medians. */
export const measureStreams = async (
  streams: number,
  milliseconds: number,
  times: number,
): Promise<Measured> => {
  const seen: OpenStreams[] = [];
  for (let count = 0; count < times; count += 1) seen.push(await openAll(streams, milliseconds));
  const medianOf = (read: (one: OpenStreams) => number): number => summarise(seen.map(read)).median;
  const found = {
    streams,
    held: medianOf(({ held }) => held),
    taken: medianOf(({ taken }) => taken),
    delay: medianOf(({ delay }) => delay),
  };
  return { table: writeStreams(found), figures: found };
};
