import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { parseEnvironment } from '../../src/environment.ts';
import { startServer } from '../../src/server.ts';
import { blocksIn, root } from '../kit/papers.ts';
import { commandsIn } from '../kit/shell-lines.ts';

test('the request that getting started sends is answered as it says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-started-'));
  writeFileSync(join(folder, 'index.html'), '');
  const port = await freePort();
  const environment = {
    OIDC_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'my-app',
    OIDC_CLIENT_SECRET: 'secret',
    PUBLIC_URL: `http://localhost:${port}`,
    PORT: String(port),
    SESSION_STORE: 'memory:',
    LOG_LEVEL: 'silent',
  };
  const app = await startServer(parseEnvironment(environment, { dataDir: folder, spaDir: folder }));
  try {
    const commands = blocksIn('sh').flatMap(({ place, code }) =>
      place.includes('started') ? commandsIn(code) : [],
    );
    const [, path = ''] = /^curl -s http:\/\/localhost:3000(\S+)$/m.exec(commands.join('\n')) ?? [];
    expect(path).toBe('/api/me');
    const answer = await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(readFileSync(`${root}docs/getting-started.md`, 'utf8')).toContain(`\`${answer}\``);
  } finally {
    await app.close();
    rmSync(folder, { recursive: true });
  }
});
