import fc from 'fast-check';
import type { Answer, Json } from '../provider/bent-provider.ts';

/** The OAuth errors by which a provider says that a grant is over. */
const verdicts = [
  'invalid_grant',
  'invalid_scope',
  'unsupported_grant_type',
  'invalid_request',
  'access_denied',
];

/** An answer that differs from the sound one: in some members, or altogether. */
export interface BentAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Json;
  readonly changes?: Json;
  readonly write?: NonNullable<Answer['write']>;
}

const anything = fc.constantFrom<unknown[]>(
  null,
  '',
  ' ',
  'x',
  '300',
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER,
  0.5,
  true,
  [],
  ['x'],
  {},
  'x'.repeat(9000),
  '\0',
  undefined,
);

/** The sound answer with some of `members` changed. */
export const changedAnswers = (...members: readonly string[]): fc.Arbitrary<BentAnswer> =>
  fc
    .array(fc.tuple(fc.constantFrom(...members), anything), { maxLength: 2 })
    .map((changes) => ({ status: 200, changes: Object.fromEntries(changes) }));

const refusals = fc.record({
  status: fc.constantFrom(201, 204, 302, 400, 401, 403, 404, 405, 408, 413, 429, 500, 502, 503),
  body: fc.oneof(
    fc.constantFrom<(string | Json)[]>('', '<h1>No</h1>', '[]', 'null', '{', '"invalid_grant"'),
    fc.constantFrom(...verdicts, 'invalid_client', 'server_error', 'x').map((error) => ({ error })),
    anything.map((error) => ({ error })),
  ),
});

const pages = fc.constantFrom('', '<h1>Yes</h1>', '[]', 'null', '{').map((body) => ({ status: 200, body }));

/** Answers that are not what was asked for: refusals, and pages with status 200. */
export const otherAnswers: fc.Arbitrary<BentAnswer> = fc.oneof(refusals, pages);

/** Answers of the token endpoint. */
export const tokenAnswers: fc.Arbitrary<BentAnswer> = fc.oneof(
  changedAnswers('access_token', 'token_type', 'expires_in', 'refresh_token', 'id_token', 'scope'),
  refusals,
  pages,
);

/** Answers with odd headers, and those that break off. */
export const brokenAnswers: fc.Arbitrary<BentAnswer> = fc.oneof(
  fc
    .constantFrom<Record<string, string>[]>(
      { 'content-encoding': 'gzip' },
      { 'content-type': 'application/jwt' },
      { 'retry-after': '-1' },
      { 'retry-after': '999999999999' },
      { location: 'http://[' },
      { 'www-authenticate': 'Bearer error="invalid_token"' },
      { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n'.repeat(9000) },
      { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': '"\\é' },
    )
    .chain((headers) => refusals.map((refusal) => ({ ...refusal, headers }))),
  fc
    .constantFrom<NonNullable<Answer['write']>[]>(
      (response) => response.destroy(),
      (response) => response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
      (response) => response.end('x'.repeat(1024 * 1024 + 1)),
      (response) => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'),
    )
    .map((write) => ({ write })),
);

/** What is answered in place of the sound answer. */
export const answerWith = ({ changes, body, ...bent }: BentAnswer, base: Json): Answer => ({
  status: 200,
  ...bent,
  body: body ?? { ...base, ...changes },
});

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Whether an answer may end a session: an OAuth error about the grant with a 4xx, or an ID token that is wrong. */
export const isVerdict = ({ status = 200, body, changes, write }: BentAnswer): boolean => {
  if (write !== undefined) return false;
  if (changes !== undefined) return isText(changes.id_token) || isText(changes.access_token);
  if (status < 400 || status >= 500 || status === 408 || status === 429) return false;
  return typeof body === 'object' && typeof body.error === 'string' && verdicts.includes(body.error);
};
