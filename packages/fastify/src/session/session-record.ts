import type { User } from '@foyer/contract';
import { z } from 'zod';
import { isObject } from '../provider/json-object.ts';
import type { TokenSet } from '../provider/provider.ts';
import { openBytes, sealBytes } from './sealing.ts';
import type { SessionReference } from './session-reference.ts';

const tokens = z.object({
  accessToken: z.string(),
  accessTokenExpiresAt: z.number().optional(),
  refreshToken: z.string().optional(),
  idToken: z.string(),
  nonce: z.string().optional(),
  scope: z.string().optional(),
});

const targetToken = z
  .object({
    key: z.string(),
    accessToken: z.string(),
    accessTokenExpiresAt: z.number().optional(),
    issuedAt: z.number(),
  })
  .transform((token) => ({ accessTokenExpiresAt: undefined, ...token }));

const shownClaims = z.object({
  /** Claims beside those of the provider, or in their place. */
  add: z.record(z.string(), z.unknown()).readonly().optional().catch(undefined),
  /** Names of claims that the browser is not shown. */
  hide: z.array(z.string()).readonly().optional().catch(undefined),
});

/** What the application has decided about the claims that the browser is shown. */
export interface ShownClaims extends Readonly<z.output<typeof shownClaims>> {}

/** The claims of an ID token that say how and when the person signed in. @see OpenID Connect Core section 2 */
export interface Authentication {
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Seconds since the epoch. */
  readonly auth_time?: number;
}

/** Takes the claims that say how the person signed in, each where it is of its type. */
export const parseAuthentication = (value: unknown): Authentication => {
  const { acr, amr, auth_time } = isObject(value) ? value : {};
  return {
    ...(typeof acr === 'string' && { acr }),
    ...(Array.isArray(amr) && { amr: amr.filter((method) => typeof method === 'string') }),
    ...(typeof auth_time === 'number' && { auth_time }),
  };
};

const dpopKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  ...{ x: z.string(), y: z.string(), d: z.string() },
});

/** Times are milliseconds since the epoch. */
const firstFormat = z.object({
  issuer: z.string(),
  /** The claims of the person, by the provider. */
  user: z.looseObject({ sub: z.string() }),
  /** How the person signed in, by the ID token of the login; a refresh changes nothing of it. Missing in older records. */
  authentication: z.unknown().optional().transform(parseAuthentication),
  /** What `onLogin` has decided, if anything. */
  shown: shownClaims.optional().catch(undefined),
  tokens,
  /** Access tokens beside the session's own, each named by its `key`, the one that was issued last at the end. Those that cannot be read are requested again. */
  targetTokens: z.array(targetToken).readonly().catch([]),
  /** When the access token was refreshed last; the login is not meant. */
  accessTokenIssuedAt: z.number().optional(),
  /** When userinfo was read last; the login is not meant. */
  userinfoReadAt: z.number().optional(),
  createdAt: z.number(),
  /** The absolute limit. */
  expiresAt: z.number(),
});

/** The second format is the first, with the key that the access token is bound to. */
const secondFormat = firstFormat.extend({ tokens: tokens.extend({ dpopKey }) });

/** Each format by its number. Records of every format that was ever written stay readable. */
const formats = new Map<unknown, typeof firstFormat | typeof secondFormat>([
  // Records from before formats had numbers have the first format.
  [undefined, firstFormat],
  [1, firstFormat],
  [2, secondFormat],
]);

/** What is known of a session; it never leaves the server, and is stored only encrypted. */
export interface SessionRecord extends Readonly<Omit<z.output<typeof firstFormat>, 'tokens'>> {
  readonly tokens: TokenSet;
}

/**
 * The format that a record is written in. A new format has a new number, and stands in `formats`. A program that knows
 * the first format alone would forget the key that a token is bound to when it writes the record again.
 */
const formatOf = ({ tokens }: SessionRecord): number => (tokens.dpopKey === undefined ? 1 : 2);

/** A record from what was stored; `undefined` when it is none, or of a format that only a newer program knows. */
const parseRecord = (value: unknown): SessionRecord | undefined => {
  const data = isObject(value) ? formats.get(value.format)?.safeParse(value).data : undefined;
  const unknown = { accessTokenExpiresAt: undefined, refreshToken: undefined };
  return data && { ...data, tokens: { ...unknown, ...data.tokens } };
};

/** A live session, as one request sees it. Times are milliseconds since the epoch. */
export interface Session {
  /** The public handle. */
  readonly id: string;
  /** The id of its provider in the configuration, and the client that its tokens are for. */
  readonly provider: string;
  readonly clientId: string;
  /** The claims that the browser is shown. */
  readonly user: User;
  readonly displayName: string;
  readonly record: SessionRecord;
  /** Version of the stored record that was read. */
  readonly version: number;
  readonly lastSeenAt: number;
  readonly idleExpiresAt: number;
  readonly expiresAt: number;
  /** What the cookie of this session holds: the record is saved with its key. */
  readonly reference: SessionReference;
}

const boundTo = ({ id }: SessionReference, audience: string): string => `${id} ${audience}`;

/**
 * Encrypts a record for the holder of `reference`. It opens only under the same id and for the same
 * `audience`, the issuer and client of this server.
 */
export const sealRecord = (record: SessionRecord, reference: SessionReference, audience: string): Buffer =>
  sealBytes(
    Buffer.from(JSON.stringify({ format: formatOf(record), ...record })),
    [reference.key],
    boundTo(reference, audience),
  );

/** Decrypts a record; `undefined` when it was sealed with another key, id or audience, or was changed. */
export const openRecord = (
  sealed: Uint8Array,
  reference: SessionReference,
  audience: string,
): SessionRecord | undefined => {
  const plain = openBytes(sealed, [reference.key], boundTo(reference, audience));
  return plain && parseRecord(JSON.parse(plain.toString()));
};
