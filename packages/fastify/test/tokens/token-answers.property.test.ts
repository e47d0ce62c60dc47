import { fuzzRuns, fuzzTimeout } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefreshRefused } from '../../src/provider/provider.ts';
import { answerWith, isText, isVerdict, tokenAnswers } from '../kit/bent-answers.ts';
import { startRelyingParty } from '../provider/relying-party.ts';

test(
  'a login ends with tokens or a problem of the provider, whatever the token endpoint answers',
  async () => {
    await using party = await startRelyingParty();
    await fc.assert(
      fc.asyncProperty(tokenAnswers, async (answer) => {
        party.bent.bends = { token: (base) => answerWith(answer, base) };
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
      fc.asyncProperty(tokenAnswers, async (answer) => {
        bent.bends = { token: (base) => answerWith(answer, base) };
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
