import Fastify from 'fastify';
import { expect, test } from 'vitest';
import {
  accessToken,
  countSessions,
  currentUser,
  endSessions,
  nameSubject,
  requireUser,
} from '../../src/index.ts';

test('requireUser, currentUser and accessToken say what is missing in an instance without the plugin', async () => {
  const app = Fastify();
  app.get('/required', { onRequest: requireUser }, async () => 'ok');
  app.get('/current', async (request) => (await currentUser(request)) ?? 'anonymous');
  app.get('/token', (request) => accessToken(request));
  for (const url of ['/required', '/current', '/token']) {
    const { statusCode, body } = await app.inject(url);
    expect([url, statusCode]).toEqual([url, 500]);
    expect(body).toContain('need the bff plugin: register it first');
  }
  await app.close();
});

test('what operators call says what is missing in an instance without the plugin', async () => {
  const app = Fastify();
  const missing = 'endSessions, countSessions and nameSubject need the bff plugin: register it first';
  await expect(endSessions(app, { id: 'x' })).rejects.toThrow(missing);
  await expect(endSessions(app, { sub: 'ada' })).rejects.toThrow(missing);
  await expect(countSessions(app, 'ada')).rejects.toThrow(missing);
  expect(() => nameSubject(app, 'ada')).toThrow(missing);
  await app.close();
});

test('requireUser refuses a requirement that no session can meet when the route is made', () => {
  expect(() => requireUser({})).toThrow('require names nothing');
  expect(() => requireUser({ acr: [], scope: ' ' })).toThrow(/a scope that no token has; .*an acr/);
  const misspelt: object = { scopes: 'users:read' };
  expect(() => requireUser(misspelt)).toThrow('require has a key that is not known: scopes');
});
