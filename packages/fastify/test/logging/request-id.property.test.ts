import { askRaw, fuzzRuns, fuzzTimeout } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';

/** Every character that may stand in a header. */
const character = fc
  .integer({ min: 32, max: 255 })
  .filter((code) => code !== 127)
  .map((code) => String.fromCharCode(code));

const id = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{6,66}$/),
  fc.string({ unit: character, maxLength: 70 }),
  fc.constantFrom('abcdefgh, abcdefgh', '{"level":60}', 'abcdefgh%0d%0aX: y', '__proto__', '\u0085abcdefgh'),
);

test(
  'a request id is kept when it is well-formed, and no other text reaches answer or log',
  async () => {
    const lines: string[] = [];
    await using bff = await startBff({}, { logStream: { write: (line) => lines.push(line) } });
    const port = Number(new URL(bff.url).port);
    await fc.assert(
      fc.asyncProperty(id, async (asked) => {
        const before = lines.length;
        const { status, headers } = await askRaw(
          port,
          `GET /api/me HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${asked}\r\n\r\n`,
        );
        const answered = headers.find(([name]) => name === 'x-request-id')?.[1] ?? '';
        const sent = asked.replace(/^[ \t]+|[ \t]+$/g, '');
        expect(status).toBe(200);
        if (/^[A-Za-z0-9_-]{8,64}$/.test(sent)) expect(answered).toBe(sent);
        else expect(answered).toMatch(/^[A-Za-z0-9_-]{16}$/);
        for (const line of lines.slice(before)) {
          expect(line.trimEnd()).not.toContain('\n');
          expect(JSON.parse(line)).toMatchObject({ requestId: answered });
        }
      }),
      fuzzRuns(200),
    );
  },
  fuzzTimeout,
);
