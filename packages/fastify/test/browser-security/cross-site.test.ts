import { expect, test } from 'vitest';
import { judgeSource } from '../../src/browser-security/cross-site.ts';
import { resolveOptions } from '../../src/options.ts';
import { openSessionStore } from '../../src/stores/open-session-store.ts';
import { createSessionKey, signIn, startBff } from '../kit/start-bff.ts';

const options = resolveOptions({
  issuer: 'https://provider.example',
  clientId: 'client',
  clientSecret: 'secret',
  publicUrl: 'https://app.example',
  sessionKeys: [createSessionKey()],
  sessionStore: await openSessionStore('memory:'),
  allowedOrigins: ['https://spa.app.example'],
});

test.for([
  ['POST', { 'sec-fetch-site': 'same-origin' }, 'allowed'],
  ['POST', { 'sec-fetch-site': 'same-origin', origin: 'null' }, 'allowed'],
  ['POST', { 'sec-fetch-site': 'same-origin', origin: 'http://rebound.example' }, 'refused'],
  ['GET', { 'sec-fetch-site': 'none', origin: 'http://rebound.example' }, 'refused'],
  ['POST', { 'sec-fetch-site': 'same-origin', origin: 'https://app.example' }, 'allowed'],
  ['GET', { 'sec-fetch-site': 'none' }, 'allowed'],
  ['POST', { 'sec-fetch-site': 'none' }, 'refused'],
  [
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    'refused',
  ],
  ['POST', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 'refused'],
  ['GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }, 'refused'],
  ['POST', { 'sec-fetch-site': 'same-site', origin: 'https://spa.app.example' }, 'allowed'],
  [
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    'anonymous',
  ],
  [
    'POST',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    'refused',
  ],
  [
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    'refused',
  ],
  ['GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'anonymous'],
  [
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'empty' },
    'anonymous',
  ],
  ['GET', { 'sec-fetch-site': 'cross-site' }, 'refused'],
  ['GET', {}, 'allowed'],
  ['POST', {}, 'refused'],
  ['POST', { 'x-csrf': '1' }, 'allowed'],
  ['POST', { origin: 'https://app.example' }, 'allowed'],
  ['POST', { origin: 'https://evil.example', 'x-csrf': '1' }, 'refused'],
  ['GET', { origin: 'null' }, 'refused'],
] as const)('%s with %j is %s', ([method, headers, verdict]) => {
  expect(judgeSource({ method, headers }, options)).toBe(verdict);
});

test('a link from another site shows no one, though the browser sent its cookie along', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const cookie = browser
    .cookies(bff.url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  const ask = async (headers: Readonly<Record<string, string>>) => {
    const { statusCode, body } = await bff.app.inject({ url: '/api/me', headers: { cookie, ...headers } });
    return [statusCode, JSON.parse(body).authenticated];
  };
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  expect(await ask({ 'sec-fetch-site': 'cross-site', ...navigation })).toEqual([200, false]);
  expect(await ask({ 'sec-fetch-site': 'none', ...navigation })).toEqual([200, true]);
  for (const destination of ['image', 'script', 'iframe', 'empty']) {
    const mode = { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': destination };
    expect(await ask({ 'sec-fetch-site': 'cross-site', ...mode })).toEqual([403, undefined]);
    expect(await ask({ 'sec-fetch-site': 'same-origin', ...mode })).toEqual([200, true]);
  }
});
