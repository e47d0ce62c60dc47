import { connectRaw, createBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { startReplicas } from './kit/start-replicas.ts';
import { startUpstream } from './kit/start-upstream.ts';

/** Where an object, however deep, holds a text that looks like a token or a code. */
const textsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
};

test('no secret, token, code, verifier or cookie is in a log line or an answer, at trace', async () => {
  const canaries = new Set<string>();
  using upstream = await startUpstream((headers) =>
    canaries.add(String(headers.authorization).replace('Bearer ', '')),
  );
  await using replicas = await startReplicas({
    store: 'sqlite',
    ttl: { accessToken: 31 },
    apiUpstream: upstream.url,
    variables: { LOG_LEVEL: 'trace' },
  });
  const [one] = replicas.all;
  canaries.add(replicas.provider.clientSecret);
  replicas.provider.provider.on('grant.success', ({ body, oidc }) => {
    for (const token of textsOf(body)) if (token.length > 20 && !token.includes(' ')) canaries.add(token);
    for (const name of ['code', 'code_verifier', 'refresh_token']) {
      const value = oidc.params?.[name];
      if (typeof value === 'string') canaries.add(value);
    }
  });
  const seen: string[] = [];
  const keep = async (answer: Response): Promise<void> => {
    const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie' && name !== 'location');
    // The one place for an ID token: the hint of the provider's end-session URL.
    seen.push(JSON.stringify(headers), (await answer.text()).replace(/id_token_hint=[^&"]+/, ''));
  };

  const browser = createBrowser();
  await browser.visit(`${one.url}/login?returnTo=/deep`, { from: `${one.url}/` });
  const page = await browser.submit({ button: 'Ada Lovelace' });
  for (const { setCookie } of page.steps)
    for (const line of setCookie) {
      const value = line.split(';', 1)[0]?.split('=').slice(1).join('=') ?? '';
      if (value.length > 20) canaries.add(value);
    }
  const callback = page.steps.find(({ url }) => url.includes('/login/callback'))?.url ?? '';
  canaries.add(new URL(callback).searchParams.get('code') ?? '');
  const cookie = browser
    .cookies(one.url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  canaries.add(cookie);

  await keep(await fetch(`${one.url}/api/me`, { headers: { cookie } }));
  await expect
    .poll(
      async () => {
        await keep(await fetch(`${one.url}/api/things?token=in-a-query`, { headers: { cookie } }));
        return canaries.size;
      },
      { timeout: 10_000 },
    )
    .toBeGreaterThan(9);
  await keep(await fetch(callback, { headers: { cookie } }));
  await keep(await fetch(`${one.url}/login/callback?code=${'c'.repeat(40)}&state=unknown`));
  await keep(
    await fetch(`${one.url}/nowhere?secret=${'d'.repeat(30)}`, { headers: { accept: 'text/html' } }),
  );
  await keep(
    await fetch(`${one.url}/logout/backchannel`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: 'e'.repeat(60) }),
    }),
  );
  await keep(
    await fetch(`${one.url}/logout`, {
      method: 'POST',
      headers: { cookie, 'x-csrf': '1' },
      redirect: 'manual',
    }),
  );
  canaries.add('c'.repeat(40)).add('e'.repeat(60)).add('d'.repeat(30));

  canaries.delete('');
  const printed = [...replicas.all.map(({ output }) => output()), ...seen].join('\n');
  expect(printed).toContain('"event":"login"');
  expect([...canaries].filter((canary) => printed.includes(canary))).toEqual([]);
});

test('whatever a client sends, a log line is one JSON object', async () => {
  await using replicas = await startReplicas({ store: 'sqlite', variables: { LOG_LEVEL: 'trace' } });
  const [one] = replicas.all;
  const port = Number(new URL(one.url).port);
  const forged = '{"level":60,"msg":"forged"}';
  const requests = [
    `GET /x%0a${encodeURIComponent(forged)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    `GET /login?returnTo=%0d%0a${encodeURIComponent(forged)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: x\r\nx-request-id: ${forged}\r\nuser-agent: \t${forged}\r\nconnection: close\r\n\r\n`,
    `GET /\u0000\u0001\u001b[31m HTTP/1.1\r\n\r\n`,
    `${forged}\r\n\r\n`,
  ];
  for (const request of requests) {
    const raw = await connectRaw(port);
    raw.send(request);
    await raw.closed;
  }
  await fetch(`${one.url}/healthz`);
  await expect.poll(() => one.output().includes('/healthz')).toBe(true);
  const lines = one.output().trim().split('\n');
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
  expect(lines.filter((line) => JSON.parse(line).msg === 'forged')).toEqual([]);
});
