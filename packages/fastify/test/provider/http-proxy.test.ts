import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createTcpServer, type Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { TlsIdentity } from '../../src/provider/client-credentials.ts';
import { createProviderHttp } from '../../src/provider/provider-http.ts';
import { createCertificate, openssl } from '../kit/client-keys.ts';
import { problemCode, startRelyingParty } from './relying-party.ts';

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** A provider on https, as `op.example`, that answers with the certificate that it was shown. */
const startSecure = async (): Promise<number> => {
  const authority = createCertificate('An authority of our own');
  setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  const own = createCertificate('op.example', authority);
  const settings = { ...own, requestCert: true, rejectUnauthorized: false };
  const server = createSecureServer(settings, ({ socket }, response) => {
    const raw = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
    response.end(raw === undefined ? 'no certificate' : new X509Certificate(raw).subject);
  });
  onTestFinished(() => server.closeAllConnections());
  return listen(server);
};

/** A proxy that leads every tunnel to `target`, whatever host is asked for. */
const startProxy = async (target: number) => {
  const tunnels: string[] = [];
  const server = createServer((_request, response) => response.writeHead(400).end());
  server.on('connect', ({ url = '' }, socket) => {
    tunnels.push(url);
    const inner = connect(target, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      inner.pipe(socket).pipe(inner);
    });
    for (const end of [inner, socket]) end.on('error', () => end.destroy());
  });
  onTestFinished(() => server.closeAllConnections());
  return { url: `http://127.0.0.1:${await listen(server)}`, tunnels };
};

/** A SOCKS5 proxy that connects everyone to `target`, whatever host is asked for. @see RFC 1928 */
const startSocks = async (target: number): Promise<string> => {
  const server = createTcpServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', () => {
        const inner = connect(target, '127.0.0.1', () => {
          socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          inner.pipe(socket).pipe(inner);
        });
        inner.on('error', () => socket.destroy());
        socket.on('error', () => inner.destroy());
      });
    });
  });
  return `socks5://127.0.0.1:${await listen(server)}`;
};

const setVariables = (variables: Readonly<Record<string, string>>): void => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'])
    for (const each of [name, name.toLowerCase()]) vi.stubEnv(each, variables[each]);
  onTestFinished(() => void vi.unstubAllEnvs());
};

const openHttp = (tls?: TlsIdentity): ReturnType<typeof createProviderHttp> => {
  const http = createProviderHttp(2, () => tls);
  onTestFinished(() => http.close());
  return http;
};

describe.runIf(openssl)('the way to the provider', () => {
  test('leads through the tunnel of HTTPS_PROXY, and the provider’s certificate is checked at its end', async () => {
    const proxy = await startProxy(await startSecure());
    setVariables({ HTTPS_PROXY: proxy.url });
    const http = openHttp();
    expect(await http.send('https://op.example/metadata')).toMatchObject({
      status: 200,
      text: 'no certificate',
    });
    expect(proxy.tunnels).toEqual(['op.example:443']);
    expect(await problemCode(http.send('https://other.example/'))).toBe('provider_unavailable');
  });

  test('shows the client’s certificate through the tunnel too', async () => {
    const proxy = await startProxy(await startSecure());
    setVariables({ HTTPS_PROXY: proxy.url });
    const { text } = await openHttp(createCertificate('client')).send('https://op.example/token');
    expect(text).toBe('CN=client');
  });

  test('shows a new certificate of the client from then on', async () => {
    const port = await startSecure();
    let tls = createCertificate('old');
    const http = createProviderHttp(2, () => tls);
    onTestFinished(() => http.close());
    const shown = async (): Promise<string> => (await http.send(`https://localhost:${port}/token`)).text;
    expect([await shown(), await shown()]).toEqual(['CN=old', 'CN=old']);
    tls = createCertificate('new');
    expect(await shown()).toBe('CN=new');
  });

  test.for<[string, Readonly<Record<string, string>>, boolean]>([
    ['https_proxy alone', { https_proxy: 'PROXY' }, true],
    ['nothing set', {}, false],
    ['NO_PROXY with the host', { HTTPS_PROXY: 'PROXY', NO_PROXY: 'op.example' }, false],
    ['NO_PROXY with the domain', { HTTPS_PROXY: 'PROXY', NO_PROXY: 'localhost,.example' }, false],
    ['NO_PROXY with everything', { HTTPS_PROXY: 'PROXY', NO_PROXY: '*' }, false],
    ['NO_PROXY with another host', { HTTPS_PROXY: 'PROXY', NO_PROXY: 'api.example' }, true],
  ])('with %s', async ([, variables, isProxied]) => {
    const proxy = await startProxy(await startSecure());
    const given = Object.entries(variables).map(([name, text]) => [name, text.replace('PROXY', proxy.url)]);
    setVariables(Object.fromEntries(given));
    const attempt = problemCode(openHttp().send('https://op.example/'));
    expect(await attempt).toMatch(isProxied ? 'it was accepted' : /provider_/);
    expect(proxy.tunnels).toEqual(isProxied ? ['op.example:443'] : []);
  });

  test('to this machine there is no proxy', async () => {
    const port = await startSecure();
    const proxy = await startProxy(port);
    setVariables({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
    expect((await openHttp().send(`https://localhost:${port}/`)).status).toBe(200);
    expect(proxy.tunnels).toEqual([]);
  });
});

test.for<[string, (port: number) => Promise<string>]>([
  ['an HTTP proxy', async (port) => `http://127.0.0.1:${port}`],
  ['a SOCKS proxy', startSocks],
])('an answer of more than a megabyte is refused behind %s too', async ([, start]) => {
  const server = createServer((_request, response) => response.end('x'.repeat(1024 * 1024 + 1)));
  onTestFinished(() => server.closeAllConnections());
  setVariables({ HTTP_PROXY: await start(await listen(server)) });
  expect(await problemCode(openHttp().send('http://op.example/'))).toBe('provider_invalid_response');
});

test('with a proxy variable that is no address a revocation fails, which is logged and rejects nothing', async () => {
  setVariables({ HTTPS_PROXY: '127.0.0.1:3128' });
  const { bent, provider, log } = await startRelyingParty();
  onTestFinished(() => bent[Symbol.asyncDispose]());
  await provider.revoke('refresh-token-1');
  expect(log).toMatchObject([{ event: 'revocation_failed' }]);
  await provider.close();
});
