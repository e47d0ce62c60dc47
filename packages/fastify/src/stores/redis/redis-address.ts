/** A host and its port. */
interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Several addresses of one service, as one URL names them. */
export interface RedisAddress {
  readonly kind: 'sentinel' | 'cluster';
  /** The sentinels, or some nodes of the cluster, which know the others. */
  readonly nodes: readonly RedisNode[];
  readonly isSecure: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The name under which the sentinels know the server. Default `mymaster`. */
  readonly name: string;
  readonly database: number;
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
}

const form =
  /^redis(s?)\+(sentinel|cluster):\/\/((?:[^@/?]*@)?)([^@/?]+)(?:\/([^/?]*)(?:\/(\d{0,5}))?)?(\?.*)?$/;

const optional = (text: string): string | undefined => (text === '' ? undefined : decodeURIComponent(text));

const parseNode = (text: string, usualPort: number): RedisNode => {
  const { hostname, port } = new URL(`redis://${text}`);
  if (hostname === '') throw new TypeError('A host is missing in the URL of the session store');
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || usualPort) };
};

/**
 * Reads `redis+sentinel://user:password@one:26379,two:26379/mymaster/0?sentinelPassword=…` or
 * `redis+cluster://user:password@one:6379,two:6379`; `rediss+…` speaks TLS with all of them. `undefined` for the URL of
 * one server.
 *
 * @throws TypeError when it cannot be read.
 */
export const parseRedisAddress = (url: string): RedisAddress | undefined => {
  if (/^rediss?:/.test(url)) return undefined;
  const [, secure, scheme, credentials, hosts = '', name = '', database, query] = form.exec(url) ?? [];
  if (scheme === undefined) throw new TypeError('The URL of the session store cannot be read');
  const kind = scheme === 'sentinel' ? 'sentinel' : 'cluster';
  const { username, password } = new URL(`redis://${credentials}host`);
  const extra = new URLSearchParams(query);
  return {
    kind,
    nodes: hosts.split(',').map((host) => parseNode(host, kind === 'sentinel' ? 26_379 : 6379)),
    isSecure: secure === 's',
    username: optional(username),
    password: optional(password),
    name: optional(name) ?? 'mymaster',
    database: Number(database ?? 0),
    sentinelUsername: extra.get('sentinelUsername') ?? undefined,
    sentinelPassword: extra.get('sentinelPassword') ?? undefined,
  };
};
