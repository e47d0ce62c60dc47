import { randomUUID } from 'node:crypto';
import { fuzzRuns, fuzzTimeout } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startBentBff } from '../kit/bent-login.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';

const odd = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', 0, -1, 1e20, true, [], {}, ['x'], 'x'.repeat(300)),
  fc.jsonValue({ maxDepth: 2 }),
);
const changes = fc.dictionary(
  fc.constantFrom('iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'nbf', 'events', 'nonce', 'extra'),
  odd,
  { maxKeys: 3 },
);

const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length < 256;
/** `null` and empty text are absence. */
const isNone = (value: unknown): boolean => value === undefined || value === null || value === '';
const isTextOrNone = (value: unknown): boolean => isNone(value) || isText(value);

/** A second implementation of what may be acceptable, without the times, which have tests of their own. */
const mayPass = (claims: Record<string, unknown>, issuer: string, clientId: string): boolean => {
  const { iss, aud, sub, sid, jti, iat, events } = claims;
  const marks: unknown = Reflect.get(Object(events), event);
  return (
    iss === issuer &&
    [aud].flat().includes(clientId) &&
    isText(jti) &&
    typeof iat === 'number' &&
    typeof marks === 'object' &&
    marks !== null &&
    !('nonce' in claims && claims.nonce !== undefined) &&
    isTextOrNone(sub) &&
    isTextOrNone(sid) &&
    !(isNone(sub) && isNone(sid))
  );
};

test(
  'a logout token with odd claims is answered 200 or 400, and 200 only when every claim is sound',
  async () => {
    const { bff, bent } = await startBentBff();
    const send = (payload: string) =>
      bff.app.inject({
        url: '/logout/backchannel',
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload,
      });
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const { header, claims } = bent.logoutToken();
        const odd = JSON.parse(JSON.stringify({ ...claims, jti: randomUUID(), ...changed }));
        const { statusCode, headers } = await send(
          `logout_token=${encodeURIComponent(bent.sign({ header, claims: odd }))}`,
        );
        expect([200, 400]).toContain(statusCode);
        if (statusCode === 200) expect(mayPass(odd, bent.issuer, bent.clientId)).toBe(true);
        if (Object.keys(changed).length === 0) expect(statusCode).toBe(200);
        expect(headers['cache-control']).toBe('no-store');
      }),
      fuzzRuns(200),
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 80 }), async (text) => {
        for (const payload of [text, `logout_token=${text}`, `logout_token=${encodeURIComponent(text)}`])
          expect((await send(payload)).statusCode).toBe(400);
      }),
      fuzzRuns(60),
    );
    expect(bff.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  },
  fuzzTimeout,
);
