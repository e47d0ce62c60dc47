import { X509Certificate } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import type { DevProviderOptions } from '@foyer/dev-provider';
import { onTestFinished } from 'vitest';
import { createCertificate } from './client-keys.ts';
import type { OnFinished } from './real-login.ts';

type Configuration = ReturnType<NonNullable<DevProviderOptions['configure']>>;

const peerOf = (socket: unknown): TLSSocket | undefined => (socket instanceof TLSSocket ? socket : undefined);

const endpoints = {
  token_endpoint: '/token',
  revocation_endpoint: '/token/revocation',
  userinfo_endpoint: '/me',
  pushed_authorization_request_endpoint: '/request',
} as const;

/** The front of a provider where clients show their certificates; one authority has signed its own and those of clients. */
export const startMutualTls = async (onFinished: OnFinished = onTestFinished) => {
  const authority = createCertificate('An authority of our own');
  const own = createCertificate('localhost', authority);
  setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  let answer: RequestListener = (_request, response) => void response.destroy();
  const server = createServer(
    { ...own, ca: authority.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => answer(request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const shown: string[] = [];
  const mTLS: NonNullable<Configuration['features']>['mTLS'] = {
    enabled: true,
    certificateBoundAccessTokens: true,
    tlsClientAuth: true,
    selfSignedTlsClientAuth: true,
    getCertificate: ({ req }) => {
      const raw = peerOf(req.socket)?.getPeerCertificate().raw;
      if (raw === undefined) return undefined;
      const certificate = new X509Certificate(raw);
      shown.push(certificate.fingerprint256);
      return certificate.toString();
    },
    certificateAuthorized: ({ req }) => peerOf(req.socket)?.authorized ?? false,
    certificateSubjectMatches: ({ req }, property, expected) =>
      property === 'tls_client_auth_subject_dn' &&
      `CN=${peerOf(req.socket)?.getPeerCertificate().subject.CN}` === expected,
  };
  const aliases = Object.fromEntries(
    Object.entries(endpoints).map(([name, path]) => [name, `https://127.0.0.1:${port}${path}`]),
  );
  return {
    authority,
    mTLS,
    aliases,
    /** Fingerprints of the certificates that were shown. */
    shown,
    serve: (listener: RequestListener) => {
      answer = listener;
    },
  };
};
