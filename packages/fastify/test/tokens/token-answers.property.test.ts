import { fuzzRuns, fuzzTimeout } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefreshRefused } from '../../src/provider/provider.ts';
import type { Answer, Json } from '../provider/bent-provider.ts';
import { startRelyingParty } from '../provider/relying-party.ts';

const verdicts = [
  'invalid_grant',
  'invalid_scope',
  'unsupported_grant_type',
  'invalid_request',
  'access_denied',
];

interface BentAnswer {
  readonly status?: number;
  readonly body?: string | Json;
  readonly changes?: Json;
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
const member = fc.constantFrom(
  'access_token',
  'token_type',
  'expires_in',
  'refresh_token',
  'id_token',
  'scope',
);
const sound = fc
  .array(fc.tuple(member, anything), { maxLength: 2 })
  .map((changes) => ({ status: 200, changes: Object.fromEntries(changes) }));
const refusal = fc.record({
  status: fc.constantFrom(201, 204, 302, 400, 401, 403, 404, 405, 408, 413, 429, 500, 502, 503),
  body: fc.oneof(
    fc.constantFrom<(string | Json)[]>('', '<h1>No</h1>', '[]', 'null', '{', '"invalid_grant"'),
    fc.constantFrom(...verdicts, 'invalid_client', 'server_error', 'x').map((error) => ({ error })),
    anything.map((error) => ({ error })),
  ),
});
const page = fc.constantFrom('', '<h1>Yes</h1>', '[]', 'null', '{').map((body) => ({ status: 200, body }));
const bentAnswer: fc.Arbitrary<BentAnswer> = fc.oneof(sound, refusal, page);

/** What the provider says to this one grant: the sound answer with changes, or another one altogether. */
const answerWith = ({ status, body, changes }: BentAnswer, usual: Json): Answer => ({
  status: status ?? 200,
  body: body ?? { ...usual, ...changes },
});

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isVerdict = ({ status = 200, body, changes }: BentAnswer): boolean => {
  if (changes !== undefined) return isText(changes.id_token) || isText(changes.access_token);
  if (status < 400 || status >= 500 || status === 408 || status === 429) return false;
  return typeof body === 'object' && typeof body.error === 'string' && verdicts.includes(body.error);
};

test(
  'a login ends with tokens or a problem of the provider, whatever the token endpoint answers',
  async () => {
    await using party = await startRelyingParty();
    await fc.assert(
      fc.asyncProperty(bentAnswer, async (answer) => {
        party.bent.bends = { token: (usual) => answerWith(answer, usual) };
        const outcome = await party.login().catch((error: unknown) => error);
        if (outcome instanceof Error)
          expect(outcome).toMatchObject({
            code: expect.stringMatching(/^(provider_|login_expired$|access_denied$|login_required$)/),
          });
        else expect(outcome).toMatchObject({ tokens: { accessToken: expect.stringMatching(/./) } });
      }),
      fuzzRuns(100),
    );
  },
  fuzzTimeout,
);

test(
  'a refresh is refused by a verdict alone, and no successor of the refresh token is lost',
  async () => {
    await using party = await startRelyingParty();
    const { bent, provider } = party;
    await fc.assert(
      fc.asyncProperty(bentAnswer, async (answer) => {
        bent.bends = { token: (usual) => answerWith(answer, usual) };
        const kept: string[] = [];
        const outcome = await provider
          .refresh('refresh-token-1', {
            issuer: bent.issuer,
            sub: 'ada',
            keepSuccessor: async (successor) => void kept.push(successor),
          })
          .catch((error: unknown) => error);
        const { changes } = answer;
        const successor = { refresh_token: 'refresh-token-2', ...changes }.refresh_token;
        expect(kept).toEqual(changes !== undefined && isText(successor) ? [successor] : []);
        if (outcome instanceof RefreshRefused) expect(isVerdict(answer)).toBe(true);
        else if (outcome instanceof Error)
          expect(outcome).toMatchObject({ code: expect.stringMatching(/^provider_/) });
        else expect(changes).toBeDefined();
      }),
      fuzzRuns(200),
    );
  },
  fuzzTimeout,
);
