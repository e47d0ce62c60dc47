import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';

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
