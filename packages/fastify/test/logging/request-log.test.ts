import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { createServerOptions, logRequest } from '../../src/index.ts';

const started = async (logLevel: string) => {
  const lines: string[] = [];
  const logStream = { write: (line: string) => lines.push(line) };
  const app = Fastify(createServerOptions({ logLevel, trustProxy: [], logStream }));
  app.addHook('onResponse', logRequest);
  app.all('/notes/:id', async () => 'a note');
  return { app, lines };
};

const settled = (line = ''): string =>
  line.replace(/"time":\d+/, '"time":0').replace(/:[\d.]+,"msg"/, ':0,"msg"');

test.each(['/notes/7?code=secret', '/a"b\\c%0d%0a', '/%E2%80%A8?q', '/x%22%7D'])(
  'the line of %s is letter for letter what pino writes',
  async (url) => {
    const { app, lines } = await started('info');
    app.addHook('onRequest', (request, _reply, done) => {
      const route = request.routeOptions.url ?? request.url.split('?', 1)[0];
      request.log.info(
        { method: request.method, route, status: url.startsWith('/notes') ? 200 : 404, duration: 0 },
        'request',
      );
      done();
    });
    await app.inject({ method: 'PUT', url });
    await app.close();
    const [byPino, ours] = lines;
    expect(settled(ours)).toBe(settled(byPino));
    expect(ours).not.toContain('secret');
  },
);

test('a finished request has one line at info, and none at warn', async () => {
  for (const [logLevel, expected] of [
    ['info', 1],
    ['warn', 0],
    ['silent', 0],
  ] as const) {
    const { app, lines } = await started(logLevel);
    await app.inject('/notes/7');
    await app.close();
    expect(lines).toHaveLength(expected);
  }
});
