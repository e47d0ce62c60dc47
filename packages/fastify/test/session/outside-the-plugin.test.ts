import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { accessToken, currentUser, requireUser } from '../../src/index.ts';

test('requireUser, currentUser and accessToken say what is missing in an instance without the plugin', async () => {
  const app = Fastify();
  app.get('/required', { onRequest: requireUser }, async () => 'ok');
  app.get('/current', async (request) => (await currentUser(request)) ?? 'anonymous');
  app.get('/token', (request) => accessToken(request));
  for (const url of ['/required', '/current', '/token']) {
    const { statusCode, body } = await app.inject(url);
    expect([url, statusCode]).toEqual([url, 500]);
    expect(body).toContain('need the bff plugin: register it before this route');
  }
  await app.close();
});
