import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { createServerOptions, logRequest } from '../../src/index.ts';

test('every line of a request has its id, at its level, those of its children too', async () => {
  const lines: Record<string, unknown>[] = [];
  const logStream = { write: (line: string) => lines.push(JSON.parse(line)) };
  const app = Fastify(createServerOptions({ logLevel: 'debug', trustProxy: [], logStream }));
  app.addHook('onResponse', logRequest);
  app.get('/', async ({ log, id }) => {
    log.trace('too low');
    log.level = 'trace';
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)
      log[level]({ level }, 'of %s', id);
    log.silent('never');
    log.child({ of: 'child' }).info('below');
    return log.level;
  });
  const { body, headers } = await app.inject({ url: '/', headers: { 'x-request-id': 'one-two-three' } });
  await app.close();
  expect([body, headers['x-request-id']]).toEqual(['trace', undefined]);
  expect(lines.map(({ msg }) => msg)).toEqual([...Array(6).fill('of one-two-three'), 'below', 'request']);
  expect(new Set(lines.map(({ requestId }) => requestId))).toEqual(new Set(['one-two-three']));
  expect(lines.at(-2)).toMatchObject({ of: 'child' });
});
