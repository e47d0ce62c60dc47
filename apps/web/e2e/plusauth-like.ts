import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type DevProvider, type DevProviderOptions, startDevProvider } from '@foyer/dev-provider';
import { freePort } from '@foyer/testkit';

type Endpoint = 'discovery' | 'authorization' | 'token' | 'userinfo' | 'endSession';

/** A sound provider that looks like PlusAuth from outside. */
export interface PlusAuthLike {
  /** As the metadata spell it. */
  readonly issuer: string;
  readonly provider: DevProvider;
  /** Requests seen by endpoint; the `authorization` shows how the client authenticated. */
  readonly seen: readonly { readonly endpoint: Endpoint; readonly authorization: string | undefined }[];
  /** The next request to this endpoint is answered 429. */
  readonly tire: (endpoint: Endpoint) => void;
  readonly close: () => Promise<void>;
}

/** Where PlusAuth has its endpoints, and where the library behind has them. */
const endpoints: readonly (readonly [Endpoint, outside: string, inside: string])[] = [
  ['discovery', '/.well-known/openid-configuration', '/.well-known/openid-configuration'],
  ['authorization', '/oauth2/authorize', '/auth'],
  ['token', '/oauth2/token', '/token'],
  ['userinfo', '/oidc/userinfo', '/me'],
  ['endSession', '/oidc/logout', '/session/end'],
];

const withEndpoints = (metadata: Record<string, unknown>, origin: string): Record<string, unknown> => ({
  ...metadata,
  authorization_endpoint: `${origin}/oauth2/authorize`,
  token_endpoint: `${origin}/oauth2/token`,
  userinfo_endpoint: `${origin}/oidc/userinfo`,
  end_session_endpoint: `${origin}/oidc/logout`,
});

/** PlusAuth names people by `username`, and says null where it knows nothing. */
const withPlusAuthClaims = ({ sub }: Record<string, unknown>): Record<string, unknown> => ({
  sub,
  username: `${String(sub)}.plusauth`,
  email: null,
  email_verified: null,
});

const ask = (incoming: IncomingMessage, port: number, path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { method, headers } = incoming;
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, resolve);
    outgoing.on('error', reject);
    incoming.pipe(outgoing);
  });

/** Starts it for one application; only the client's one authentication method is accepted. A slash after the issuer is part of it. */
export const startPlusAuthLike = async (
  options: Pick<DevProviderOptions, 'publicUrls' | 'clientAuth'> & { readonly slash?: boolean },
): Promise<PlusAuthLike> => {
  const { clientAuth = 'client_secret_basic' } = options;
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const issuer = options.slash ? `${origin}/` : origin;
  const provider = await startDevProvider({ ...options, issuer });
  const tired: Endpoint[] = [];
  const seen: { endpoint: Endpoint; authorization: string | undefined }[] = [];

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', origin);
    const known = endpoints.find(([, outside]) => outside === url.pathname);
    const [endpoint, , inside = url.pathname] = known ?? [];
    if (endpoint !== undefined) {
      seen.push({ endpoint, authorization: incoming.headers.authorization });
      if (tired.includes(endpoint)) {
        tired.splice(tired.indexOf(endpoint), 1);
        outgoing.writeHead(429, { 'retry-after': '1', 'content-type': 'text/plain' }).end('Too many');
        return;
      }
      const isBasic = incoming.headers.authorization !== undefined;
      if (endpoint === 'token' && isBasic !== (clientAuth === 'client_secret_basic')) {
        outgoing.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}');
        return;
      }
    }
    const inner = await ask(incoming, provider.port, `${inside}${url.search}`);
    const { 'content-length': _length, 'transfer-encoding': _coding, ...headers } = inner.headers;
    const body = await buffer(inner);
    const change = endpoint === 'discovery' ? withEndpoints : withPlusAuthClaims;
    const isChanged = (endpoint === 'discovery' || endpoint === 'userinfo') && inner.statusCode === 200;
    const content = isChanged ? JSON.stringify(change(JSON.parse(body.toString()), origin)) : body;
    outgoing.writeHead(inner.statusCode ?? 500, headers).end(content);
  };
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((cause: unknown) => outgoing.destroy(Error('broken', { cause })));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    issuer,
    provider,
    seen,
    tire: (endpoint) => tired.push(endpoint),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await provider.close();
    },
  };
};
