import { expect, test } from 'vitest';
import { createLocations } from '../../src/proxy/answer-headers.ts';

test.for([
  ['https://inside.example', 'http://inside.example/v1/7'],
  ['https://inside.example', 'http://inside.example:443/v1/7'],
  ['http://inside.example', 'https://inside.example:80/v1/7'],
  ['http://inside.example', 'https://inside.example/v1/7'],
  ['https://inside.example', 'HTTPS://INSIDE.example:443/v1/7'],
  ['http://[fd00::7]:8000', 'https://[FD00:0::7]:8000/v1/7'],
  ['http://inside.example:8000', '//inside.example:8000/v1/7'],
  ['http://inside.example:8000', 'http://ada:secret@inside.example:8000/v1/7'],
] as const)('an upstream at %s that redirects to %s means its own path', ([upstream, location]) => {
  const translate = createLocations([{ prefix: '/api/a', upstream: `${upstream}/v1` }], '/app');
  expect(translate(location, new URL(`${upstream}/v1/x`))).toBe('/app/api/a/7');
});

test('another port of the upstream’s host is another server', () => {
  const translate = createLocations([{ prefix: '/api/a', upstream: 'http://inside.example:8000' }], '');
  const location = 'http://inside.example:9000/7';
  expect(translate(location, new URL('http://inside.example:8000/x'))).toBe(location);
});
