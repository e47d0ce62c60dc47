import type { User } from '@foyer/contract';
import type { DpopKey, TokenSet } from '../provider/provider.ts';
import { openBytes, sealBytes } from './session-keys.ts';
import type { SessionReference } from './session-reference.ts';

/** An access token of a session for a target of its own, named by `key`. Times are milliseconds since the epoch. */
interface TargetTokenRecord {
  readonly key: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number | undefined;
  readonly issuedAt: number;
}

/** The claims of an ID token that say how and when the person signed in. @see OpenID Connect Core section 2 */
export interface Authentication {
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Seconds since the epoch. */
  readonly auth_time?: number;
}

/** What the application has decided about the claims that the browser is shown. */
export interface ShownClaims {
  /** Claims beside those of the provider, or in their place. */
  readonly add?: Readonly<Record<string, unknown>> | undefined;
  /** Names of claims that the browser is not shown. */
  readonly hide?: readonly string[] | undefined;
}

/** What is known of a session; it never leaves the server, and is stored only encrypted. */
export interface SessionRecord {
  readonly issuer: string;
  /** The claims of the person, by the provider. */
  readonly user: User;
  /** How the person signed in, by the ID token of the login; a refresh changes nothing of it. Missing in older records. */
  readonly authentication?: Authentication | undefined;
  /** When userinfo was read last, milliseconds since the epoch; the login is not meant. */
  readonly userinfoReadAt?: number | undefined;
  /** What `onLogin` has decided, if anything. */
  readonly shown?: ShownClaims | undefined;
  readonly tokens: TokenSet;
  /** When the access token was refreshed last, milliseconds since the epoch; the login is not meant. */
  readonly accessTokenIssuedAt?: number | undefined;
  /** Access tokens beside the session's own, the one that was issued last at the end. Missing in older records. */
  readonly targetTokens?: readonly TargetTokenRecord[] | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The absolute limit, milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * The format that a record is written in. A new format has a new number, and a reader in `readers`. A program that knows
 * the first format alone would forget the key that a token is bound to when it writes the record again.
 */
const formatOf = ({ tokens }: SessionRecord): number => (tokens.dpopKey === undefined ? 1 : 2);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOptionalString = (value: unknown): value is string | undefined =>
  value === undefined || typeof value === 'string';

const isOptionalNumber = (value: unknown): value is number | undefined =>
  value === undefined || typeof value === 'number';

const isUser = (value: unknown): value is User => isObject(value) && typeof value.sub === 'string';

/** Takes the claims that say how the person signed in, each where it is of its type. */
export const parseAuthentication = (value: unknown): Authentication => {
  const { acr, amr, auth_time } = isObject(value) ? value : {};
  return {
    ...(typeof acr === 'string' && { acr }),
    ...(Array.isArray(amr) && { amr: amr.filter((method) => typeof method === 'string') }),
    ...(typeof auth_time === 'number' && { auth_time }),
  };
};

const parseShown = (value: unknown): ShownClaims | undefined => {
  if (!isObject(value)) return undefined;
  const { add, hide } = value;
  return {
    add: isObject(add) ? add : undefined,
    hide: Array.isArray(hide) ? hide.map(String) : undefined,
  };
};

const parseTokens = (value: unknown): TokenSet | undefined => {
  if (!isObject(value)) return undefined;
  const { accessToken, accessTokenExpiresAt, refreshToken, idToken, nonce, scope } = value;
  if (typeof accessToken !== 'string' || typeof idToken !== 'string') return undefined;
  if (accessTokenExpiresAt !== undefined && typeof accessTokenExpiresAt !== 'number') return undefined;
  if (!isOptionalString(refreshToken) || !isOptionalString(nonce) || !isOptionalString(scope))
    return undefined;
  return { accessToken, accessTokenExpiresAt, refreshToken, idToken, nonce, scope };
};

const parseTargetToken = (value: unknown): TargetTokenRecord[] => {
  if (!isObject(value)) return [];
  const { key, accessToken, accessTokenExpiresAt, issuedAt } = value;
  if (typeof key !== 'string' || typeof accessToken !== 'string' || typeof issuedAt !== 'number') return [];
  if (!isOptionalNumber(accessTokenExpiresAt)) return [];
  return [{ key, accessToken, accessTokenExpiresAt, issuedAt }];
};

const isDpopKey = (value: unknown): value is DpopKey =>
  isObject(value) &&
  value.kty === 'EC' &&
  value.crv === 'P-256' &&
  [value.x, value.y, value.d].every((member) => typeof member === 'string');

const parseFirstFormat = (value: Record<string, unknown>): SessionRecord | undefined => {
  const { issuer, user, createdAt, expiresAt, accessTokenIssuedAt, userinfoReadAt } = value;
  const tokens = parseTokens(value.tokens);
  if (tokens === undefined || !isUser(user) || typeof issuer !== 'string') return undefined;
  if (typeof createdAt !== 'number' || typeof expiresAt !== 'number') return undefined;
  if (!isOptionalNumber(accessTokenIssuedAt) || !isOptionalNumber(userinfoReadAt)) return undefined;
  const targetTokens = Array.isArray(value.targetTokens) ? value.targetTokens.flatMap(parseTargetToken) : [];
  const authentication = parseAuthentication(value.authentication);
  const shown = parseShown(value.shown);
  const times = { accessTokenIssuedAt, userinfoReadAt, createdAt, expiresAt };
  return { issuer, user, authentication, shown, tokens, targetTokens, ...times };
};

/** The second format is the first, with the key that the access token is bound to. */
const parseSecondFormat = (value: Record<string, unknown>): SessionRecord | undefined => {
  const record = parseFirstFormat(value);
  const dpopKey = isObject(value.tokens) ? value.tokens.dpopKey : undefined;
  if (record === undefined || !isDpopKey(dpopKey)) return undefined;
  return { ...record, tokens: { ...record.tokens, dpopKey } };
};

/** Who reads each format, by its number. Records of every format that was ever written stay readable. */
const readers: ReadonlyMap<unknown, (value: Record<string, unknown>) => SessionRecord | undefined> = new Map([
  // What was written before formats had numbers is of the first.
  [undefined, parseFirstFormat],
  [1, parseFirstFormat],
  [2, parseSecondFormat],
]);

/** A record from what was stored; `undefined` when it is none, or of a format that only a newer program knows. */
const parseRecord = (value: unknown): SessionRecord | undefined =>
  isObject(value) ? readers.get(value.format)?.(value) : undefined;

const boundTo = ({ id }: SessionReference, audience: string): string => `${id} ${audience}`;

/**
 * Encrypts a record for the holder of `reference`. It opens only under the same id and for the same
 * `audience`, the issuer and client of this server.
 */
export const sealRecord = (record: SessionRecord, reference: SessionReference, audience: string): Buffer =>
  sealBytes(
    Buffer.from(JSON.stringify({ format: formatOf(record), ...record })),
    reference.key,
    boundTo(reference, audience),
  );

/** Decrypts a record; `undefined` when it was sealed with another key, id or audience, or was changed. */
export const openRecord = (
  sealed: Uint8Array,
  reference: SessionReference,
  audience: string,
): SessionRecord | undefined => {
  const plain = openBytes(sealed, reference.key, boundTo(reference, audience));
  return plain === undefined ? undefined : parseRecord(JSON.parse(plain.toString()));
};
