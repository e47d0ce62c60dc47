import { get } from 'node:http';
import type { Shot } from './load.ts';

const endOfEvent = '\n\n';

/** Reads one stream until `signal` ends it; returns how many events it brought. Throws when it is none. */
const readEvents = ({ port, path, headers = {} }: Shot, signal: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    let events = 0;
    const isOver = (error: Error): void => (signal.aborted ? resolve(events) : reject(error));
    const request = get({ port, path, headers, signal, host: '127.0.0.1', agent: false }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`Answered ${answer.statusCode}, wanted 200`));
      answer.setEncoding('latin1');
      answer.on('data', (text: string) => {
        events += text.split(endOfEvent).length - 1;
      });
      answer.on('error', isOver);
    });
    request.on('error', isOver);
  });

/** Keeps event streams open for `milliseconds`; returns how many events they brought. */
export const countEvents = async (
  shot: Shot,
  { milliseconds, connections }: { milliseconds: number; connections: number },
): Promise<number> => {
  const signal = AbortSignal.timeout(milliseconds);
  const streams = Array.from({ length: connections }, () => readEvents(shot, signal));
  return (await Promise.all(streams)).reduce((sum, events) => sum + events, 0);
};
