import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';
import { startUpstream } from '../kit/start-upstream.ts';

test('a page of another origin cannot open the dev server’s WebSocket', async () => {
  await using bff = await startBff({ spa: { devServer: 'http://127.0.0.1:9' } });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const upgrade = request(`${bff.url}/`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        origin: 'http://evil.example',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      },
    });
    upgrade.on('response', (answer) => resolve(answer.resume().statusCode));
    upgrade.on('upgrade', () => reject(new Error('The WebSocket was opened')));
    upgrade.on('error', reject);
    upgrade.end();
  });
  expect(status).toBe(403);
});

test('a dev server gets its own host name, and a foreign one unchanged: it decides itself whether to answer', async () => {
  await using devServer = await startUpstream(({ headers }, response) => response.end(headers.host));
  await using bff = await startBff({ spa: { devServer: devServer.url } });
  const own = new URL(devServer.url).host;
  for (const [host, expected] of [
    [new URL(bff.url).host, own],
    ['127.0.0.1', own],
    ['evil.example:3000', 'evil.example:3000'],
  ] as const)
    expect((await bff.app.inject({ url: '/src/main.ts', headers: { host } })).body).toBe(expected);
});
