import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RouteToken } from '@foyer/fastify';
import { findRedis } from '@foyer/testkit';
import { describe, expect, test } from 'vitest';
import { askWho, type Replicas, startReplicas } from './kit/start-replicas.ts';

const withRedis = findRedis() !== undefined;

const codeOf = async (answer: Response): Promise<string> => JSON.parse(await answer.text()).code;

describe.each(withRedis ? (['sqlite', 'redis'] as const) : (['sqlite'] as const))(
  'processes on %s',
  (store) => {
    test('killed in turn under load: no session is lost that had been answered', async () => {
      await using replicas = await startReplicas({ store });
      const cookies: string[] = [];
      const expectAll = async ({ all }: Replicas, at: 0 | 1): Promise<void> => {
        const answers = await Promise.all(cookies.map((cookie) => askWho(all[at], cookie)));
        expect(answers.filter(({ isSignedIn }) => !isSignedIn)).toEqual([]);
      };
      for (const at of [0, 1] as const) {
        cookies.push(await replicas.signIn(), await replicas.signIn());
        const load = Promise.allSettled(cookies.map((cookie) => askWho(replicas.all[at], cookie)));
        await replicas.all[at].kill();
        await load;
        await expectAll(replicas, at === 0 ? 1 : 0);
        await replicas.all[at].restart();
        await expectAll(replicas, at);
      }
    });

    const killBetweenGrantAndSave = async (token: RouteToken): Promise<void> => {
      const upstream = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
      await once(upstream, 'listening');
      const address = upstream.address();
      const port = typeof address === 'object' ? address?.port : 0;
      await using replicas = await startReplicas({
        store,
        ttl: { accessToken: 1 },
        apiUpstream: `http://127.0.0.1:${port}`,
        apiTokens: [token],
        variables: { OIDC_TIMEOUT: '1s' },
      });
      const [one, other] = replicas.all;
      const cookie = await replicas.signIn();
      const granted = new Promise<void>((resolve) => {
        replicas.provider.provider.on('grant.success', ({ oidc }) => {
          if (oidc.params?.grant_type !== 'refresh_token') return;
          one.signal('SIGKILL');
          resolve();
        });
      });
      let isGranted = false;
      void granted.then(() => {
        isGranted = true;
      });
      while (!isGranted) await fetch(`${one.url}/api/things`, { headers: { cookie } }).catch(() => undefined);
      const answer = await fetch(`${other.url}/api/things`, {
        headers: { cookie },
        signal: AbortSignal.timeout(10_000),
      });
      expect([401, 200, 503]).toContain(answer.status);
      if (answer.status === 401) expect(await codeOf(answer)).toBe('session_expired');
      upstream.close();
    };

    // At once: each waits for the lease of the process that was killed.
    test.concurrent('killed between grant and save: the session asks to log in again at worst, and nothing hangs', async () => {
      await killBetweenGrantAndSave('session');
    });

    test.concurrent('killed between the grant of a token for another scope and its save: the same', async () => {
      await killBetweenGrantAndSave({ scope: 'openid' });
    });
  },
);
