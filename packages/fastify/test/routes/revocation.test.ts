import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';

/** A person who is signed in, and a provider whose revocation endpoint answers as configured. */
const startSignedIn = async (answer: RequestListener) => {
  const endpoint = await startUpstream(answer);
  onTestFinished(() => endpoint[Symbol.asyncDispose]());
  const discovery = (base: object) => ({
    body: { ...base, revocation_endpoint: `${endpoint.url}/revoke` },
  });
  const kit = await startBentBff({ discovery }, { providerTimeout: 0.5 });
  const login = await kit.begin();
  await kit.comeBack(login);
  const cookie = cookieHeader(login.browser, kit.bff);
  const headers = { cookie, 'x-csrf': '1', accept: 'application/json' };
  const signOut = () => fetch(`${kit.bff.url}/logout`, { method: 'POST', headers });
  return { kit, signOut };
};

test('the refresh token is revoked after the answer to a sign-out', async () => {
  const asked = Promise.withResolvers<IncomingMessage>();
  const mayAnswer = Promise.withResolvers<void>();
  const { signOut } = await startSignedIn(async (request, response) => {
    asked.resolve(request);
    await mayAnswer.promise;
    response.end();
  });
  expect((await signOut()).status).toBe(200);
  const request = await asked.promise;
  expect(Object.fromEntries(new URLSearchParams(await text(request)))).toMatchObject({
    token: expect.stringMatching(/^refresh-token-\d$/),
    token_type_hint: 'refresh_token',
  });
  expect(request.headers.authorization).toMatch(/^Basic ./);
  mayAnswer.resolve();
});

test.for<[string, RequestListener]>([
  ['fails', (_request, response) => response.writeHead(500).end()],
  ['is never answered', () => undefined],
])('a revocation that %s delays no sign-out, ends in time and is logged', async ([, answer]) => {
  const { kit, signOut } = await startSignedIn(answer);
  expect((await signOut()).status).toBe(200);
  const isLogged = () => kit.bff.log.some(({ event }) => event === 'revocation_failed');
  await expect.poll(isLogged, { timeout: 3000 }).toBe(true);
});
