import {
  constants,
  createHash,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A JSON object on its way out. */
export type Json = Record<string, unknown>;

/** One answer on the wire; a body that is not text is sent as JSON. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Json;
  /** Writes the answer by hand, for what no sound server sends. */
  readonly write?: (response: ServerResponse) => void;
}

/** Header and claims of a token before it is signed. */
export interface TokenParts {
  readonly header: Json;
  readonly claims: Json;
}

/** A request that the provider has seen. */
export interface SeenRequest {
  readonly endpoint: Endpoint;
  readonly headers: IncomingHttpHeaders;
  readonly body: URLSearchParams;
}

type Endpoint = 'discovery' | 'jwks' | 'token' | 'userinfo' | 'revocation' | 'par';

/** How one test wants the provider to differ from a sound one; what is left out is answered soundly. */
export interface Bends {
  readonly discovery?: ((base: Json) => Answer) | undefined;
  readonly jwks?: ((base: Json) => Answer) | undefined;
  readonly token?: ((base: Json, request: SeenRequest) => Answer) | undefined;
  readonly userinfo?: ((base: Json) => Answer) | undefined;
  /** The metadata names this endpoint where `discovery` adds it. */
  readonly revocation?: ((request: SeenRequest) => Answer) | undefined;
  /** Pushed authorization requests; the metadata names this endpoint where `discovery` adds it. */
  readonly par?: ((request: SeenRequest) => Answer) | undefined;
  /** Changes header and claims of the ID token; it is signed afterwards. */
  readonly idToken?: ((base: TokenParts) => TokenParts) | undefined;
  /** Changes the signed ID token. */
  readonly signed?: ((token: string) => string) | undefined;
}

/** A provider on a free port that answers as configured. */
export interface BentProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly seen: readonly SeenRequest[];
  /** Milliseconds; stands still until a test moves it. */
  readonly clock: { now: number };
  /** The nonce of the next ID token. */
  nonce: string | undefined;
  bends: Bends;
  readonly count: (endpoint: Endpoint) => number;
  /** Replaces the signing key: the old one is gone at once. */
  readonly rotateKey: () => void;
  readonly sign: (parts: TokenParts) => string;
  /** A sound logout token's parts. */
  readonly logoutToken: () => TokenParts;
  /** A sound ID token's parts. */
  readonly idToken: () => TokenParts;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

interface Key {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const accessToken = 'access-token-of-ada';

const createKey = (): Key => ({ kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) });

const firstKey = createKey();

const encode = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const signCompact = ({ header, claims }: TokenParts, { privateKey, publicKey }: Key): string => {
  const data = `${encode(header)}.${encode(claims)}`;
  if (header.alg === 'none') return `${data}.`;
  if (header.alg === 'HS256') {
    const secret = publicKey.export({ type: 'spki', format: 'pem' });
    return `${data}.${createHmac('sha256', secret).update(data).digest('base64url')}`;
  }
  const hash = header.alg === 'RS512' ? 'sha512' : 'sha256';
  const padding = header.alg === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const key = { key: privateKey, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return `${data}.${sign(hash, Buffer.from(data), key).toString('base64url')}`;
};

/** The public half of a key, as it stands in a key set. */
const publicJwk = ({ publicKey, kid }: Key): Json => ({
  ...publicKey.export({ format: 'jwk' }),
  kid,
  use: 'sig',
  alg: 'RS256',
});

/** A key that no key set holds, for tokens that bring their own. */
export const foreignKey = (): { readonly jwk: Json; readonly sign: (parts: TokenParts) => string } => {
  const key = createKey();
  return { jwk: publicJwk(key), sign: (parts) => signCompact(parts, key) };
};

/** `at_hash` of an access token. @see OpenID Connect Core section 3.1.3.6 */
export const createAtHash = (token: string): string =>
  createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');

const send = (response: ServerResponse, { status = 200, headers, body, write }: Answer): void => {
  if (write) {
    write(response);
    return;
  }
  const content = typeof body === 'string' ? body : JSON.stringify(body ?? {});
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(content);
};

const endpoints: Readonly<Record<string, Endpoint>> = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/token': 'token',
  '/userinfo': 'userinfo',
  '/revocation': 'revocation',
  '/par': 'par',
};

/** Starts a provider that is sound until `bends` says otherwise. */
export const startBentProvider = async (bends: Bends = {}): Promise<BentProvider> => {
  let key = firstKey;
  const seen: SeenRequest[] = [];
  const seconds = (): number => Math.floor(bent.clock.now / 1000);
  const answerOf = (request: SeenRequest): Answer => {
    const { issuer, bends } = bent;
    if (request.endpoint === 'discovery') {
      const base = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        userinfo_endpoint: `${issuer}/userinfo`,
      };
      return bends.discovery?.(base) ?? { body: base };
    }
    if (request.endpoint === 'jwks') {
      const base = { keys: [publicJwk(key)] };
      return bends.jwks?.(base) ?? { body: base };
    }
    if (request.endpoint === 'userinfo') {
      const base = { sub: 'ada', name: 'Ada from userinfo' };
      return bends.userinfo?.(base) ?? { body: base };
    }
    if (request.endpoint === 'par')
      return bends.par?.(request) ?? { status: 201, body: { request_uri: 'urn:example:1', expires_in: 60 } };
    if (request.endpoint === 'revocation') return bends.revocation?.(request) ?? {};
    const parts = bent.idToken();
    const signed = bent.sign(bends.idToken?.(parts) ?? parts);
    const base = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: 'refresh-token-2',
      id_token: bends.signed?.(signed) ?? signed,
    };
    return bends.token?.(base, request) ?? { body: base };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const endpoint = endpoints[request.url ?? ''];
    if (!endpoint) return send(response, { status: 404 });
    const one = { endpoint, headers: request.headers, body: new URLSearchParams(await text(request)) };
    seen.push(one);
    send(response, answerOf(one));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(Error('broken', { cause: error })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const bent: BentProvider = {
    issuer: `http://127.0.0.1:${port}`,
    clientId: 'foyer-client',
    clientSecret: 'foyer-secret',
    seen,
    clock: { now: Date.now() },
    nonce: undefined,
    bends,
    count: (endpoint) => seen.filter((request) => request.endpoint === endpoint).length,
    rotateKey: () => {
      key = createKey();
    },
    sign: (parts) => signCompact(parts, key),
    logoutToken: () => ({
      header: { alg: 'RS256', kid: key.kid, typ: 'logout+jwt' },
      claims: {
        iss: bent.issuer,
        aud: bent.clientId,
        sub: 'ada',
        sid: 'session-1',
        jti: randomUUID(),
        iat: seconds(),
        exp: seconds() + 120,
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      },
    }),
    idToken: () => ({
      header: { alg: 'RS256', kid: key.kid },
      claims: {
        iss: bent.issuer,
        aud: bent.clientId,
        sub: 'ada',
        name: 'Ada from the ID token',
        iat: seconds(),
        exp: seconds() + 300,
        at_hash: createAtHash(accessToken),
        ...(bent.nonce === undefined ? {} : { nonce: bent.nonce }),
      },
    }),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return bent;
};
