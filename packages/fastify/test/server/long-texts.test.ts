import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSpaDir } from '../kit/spa-dir.ts';
import { type RunningBff, startBff } from '../kit/start-bff.ts';

const spa = makeSpaDir();
let bff: RunningBff;

beforeAll(async () => {
  bff = await startBff({ spa: { dir: spa.dir }, rateLimitLogin: 0 }, { trustProxy: ['127.0.0.1'] });
});

afterAll(async () => {
  await bff[Symbol.asyncDispose]();
  spa[Symbol.dispose]();
});

/** What a careless pattern tries again from every place: long rows of what it may repeat or skip. */
const fillings = ['a', ' ', '\t', ',', ';', ' ;', '/', '.', '=', '"', '%25', '1:', 'a=b; '];
const length = 30_000;

const headerNames = [
  ...['accept', 'accept-encoding', 'cookie', 'if-none-match', 'user-agent', 'content-type', 'origin'],
  ...['host', 'x-forwarded-for', 'sec-purpose', 'sec-fetch-site', 'x-request-id', 'traceparent'],
];
const queries = ['/login?returnTo=/', '/login?login_hint=', '/login?ui_locales=', '/login/callback?state='];

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: string;
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };

const createAsked = (filling: string): readonly Asked[] => {
  const text = `x${filling.repeat(length / filling.length)}x`;
  return [
    ...headerNames.map((name) => ({ method: 'GET' as const, url: '/', headers: { [name]: text } })),
    ...['/', '/api/', ...queries].map((start) => ({
      method: 'GET' as const,
      url: start + encodeURI(text).slice(0, length),
    })),
    { method: 'POST', url: '/logout/backchannel', headers: form, payload: `logout_token=${text}` },
  ];
};

/** Milliseconds of this process's time, which other programs of the machine do not lengthen. */
const measure = async (asked: Asked): Promise<number> => {
  const before = process.cpuUsage();
  const { statusCode } = await bff.app.inject(asked);
  expect(statusCode).toBeLessThan(500);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

test.for(fillings)(
  'thirty thousand characters of %j keep no one waiting, wherever they stand',
  async (filling) => {
    for (const asked of createAsked(filling)) {
      const spent = await measure(asked);
      expect(
        spent,
        `${asked.method} ${asked.url.slice(0, 30)} ${Object.keys(asked.headers ?? {})}`,
      ).toBeLessThan(500);
    }
  },
);
