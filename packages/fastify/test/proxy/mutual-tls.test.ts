import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { createCertificate, openssl } from '../kit/client-keys.ts';

/** An API on https that answers with the certificate that it was shown, and the token. */
const startApi = async (): Promise<string> => {
  const authority = createCertificate('An authority of our own');
  setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  const settings = { ...createCertificate('api', authority), requestCert: true, rejectUnauthorized: false };
  const describe = ({ socket, headers }: IncomingMessage): string => {
    const raw = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
    const subject = raw === undefined ? 'no certificate' : new X509Certificate(raw).subject;
    return `${subject} ${headers.authorization}`;
  };
  const server = createServer(settings, (request, response) => response.end(describe(request)));
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (socket, request) => socket.send(describe(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
};

/** A person who is signed in to a BFF that has a certificate, and calls such an API. */
const startCalls = async () => {
  const upstream = await startApi();
  const own = createCertificate('client');
  const given = { clientAuth: 'client_secret_basic', clientKey: own.key, clientCert: own.cert } as const;
  const kit = await startBentBff({}, { ...given, apiRoutes: [{ prefix: '/api/a', upstream }] });
  const login = await kit.begin();
  await kit.comeBack(login);
  return { ...kit, browser: login.browser };
};

test.runIf(openssl)('an API sees the certificate that access tokens are bound to', async () => {
  const { bff, browser } = await startCalls();
  const answer = await browser.fetch(`${bff.url}/api/a`, { from: `${bff.url}/` });
  expect(await answer.text()).toBe('CN=client Bearer access-token-of-ada');
});

test.runIf(openssl)('an API sees the certificate when a WebSocket is opened', async () => {
  const { bff, browser } = await startCalls();
  const headers = { cookie: cookieHeader(browser, bff) };
  const socket = new WebSocket(`${bff.url.replace('http', 'ws')}/api/a`, { origin: bff.url, headers });
  const [message] = await once(socket, 'message');
  socket.close();
  expect(String(message)).toBe('CN=client Bearer access-token-of-ada');
});
