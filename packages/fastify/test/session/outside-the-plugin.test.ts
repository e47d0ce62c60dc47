import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { currentUser, requireUser } from '../../src/index.ts';

test('requireUser and currentUser say what is missing in an instance without the plugin', async () => {
  const app = Fastify();
  app.get('/required', { onRequest: requireUser }, async () => 'ok');
  app.get('/current', async (request) => (await currentUser(request)) ?? 'anonymous');
  for (const url of ['/required', '/current']) {
    const { statusCode, body } = await app.inject(url);
    expect([url, statusCode]).toEqual([url, 500]);
    expect(body).toContain('need the bff plugin: register it before this route');
  }
  await app.close();
});
