import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { startBentBff } from '../kit/bent-login.ts';
import { createCertificate, openssl } from '../kit/client-keys.ts';

/** An API on https that answers with the certificate that it was shown, and the token. */
const startApi = async (): Promise<string> => {
  const authority = createCertificate('An authority of our own');
  setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  const settings = { ...createCertificate('api', authority), requestCert: true, rejectUnauthorized: false };
  const server = createServer(settings, ({ socket, headers }, response) => {
    const raw = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
    const subject = raw === undefined ? 'nobody' : new X509Certificate(raw).subject;
    response.end(`${subject} ${headers.authorization}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
};

test.runIf(openssl)('an API sees the certificate that access tokens are bound to', async () => {
  const upstream = await startApi();
  const own = createCertificate('client');
  const given = { clientAuth: 'client_secret_basic', clientKey: own.key, clientCert: own.cert } as const;
  const kit = await startBentBff({}, { ...given, apiRoutes: [{ prefix: '/api/a', upstream }] });
  const login = await kit.begin();
  await kit.comeBack(login);
  const answer = await login.browser.fetch(`${kit.bff.url}/api/a`, { from: `${kit.bff.url}/` });
  expect(await answer.text()).toBe('CN=client Bearer access-token-of-ada');
});
