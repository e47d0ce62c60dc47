import { createBrowser, fuzzRuns, fuzzTimeout, type TestBrowser } from '@foyer/testkit';
import fc from 'fast-check';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { ApiRoute } from '../../src/options.ts';
import {
  answerWith,
  brokenAnswers,
  changedAnswers,
  isVerdict,
  otherAnswers,
  tokenAnswers,
} from '../kit/bent-answers.ts';
import { startBentBff, whoIs } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import type { Bends, Json } from '../provider/bent-provider.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Mostly the sound answer, so that a script gets past the first of its steps. */
const sometimes = <T>(answers: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: answers });

const bentAnswers = fc.record({
  token: sometimes(fc.oneof(tokenAnswers, brokenAnswers)),
  userinfo: sometimes(fc.oneof(changedAnswers('sub', 'name', 'email'), otherAnswers, brokenAnswers)),
  jwks: sometimes(fc.oneof(changedAnswers('keys'), otherAnswers, brokenAnswers)),
  discovery: sometimes(
    fc.oneof(
      changedAnswers(
        ...['issuer', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint', 'revocation_endpoint'],
        ...['pushed_authorization_request_endpoint', 'token_endpoint_auth_methods_supported'],
      ),
      otherAnswers,
      brokenAnswers,
    ),
  ),
  par: sometimes(fc.oneof(changedAnswers('request_uri', 'expires_in'), otherAnswers, brokenAnswers)),
  revocation: sometimes(fc.oneof(otherAnswers, brokenAnswers)),
});
type BentAnswers = typeof bentAnswers extends fc.Arbitrary<infer Value> ? Value : never;

const steps = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('/api/own', '/api/audience', '/api/exchange', '/api/client') },
  { weight: 2, arbitrary: fc.constantFrom('login', 'another login') },
  { weight: 1, arbitrary: fc.constantFrom('logout', 'logout token', 'new key') },
);
const script = fc.record({
  step: steps,
  answers: bentAnswers,
  upstream: fc.constantFrom(200, 401),
  claims: sometimes(changedAnswers('iss', 'aud', 'sub', 'sid', 'iat', 'jti', 'events', 'nonce')).map(
    (bent) => bent?.changes,
  ),
});
type Step = typeof script extends fc.Arbitrary<infer Value> ? Value : never;
const scripts = fc.array(script, { minLength: 1, maxLength: 6 });

const sound: BentAnswers = {
  ...{ token: undefined, userinfo: undefined, jwks: undefined },
  ...{ discovery: undefined, par: undefined, revocation: undefined },
};

/** A provider whose answers are those of the step under way. */
const createBends = (tokenType: string) => {
  let now = sound;
  let isOver = false;
  const answer = (name: keyof BentAnswers, base: Json) => answerWith(now[name] ?? {}, base);
  const bends: Bends = {
    token: (base, { body }) => {
      if (body.get('grant_type') === 'refresh_token') isOver ||= isVerdict(now.token ?? {});
      return answer('token', { ...base, token_type: tokenType });
    },
    userinfo: (base) => answer('userinfo', base),
    jwks: (base) => answer('jwks', base),
    discovery: (base) => {
      const pushed_authorization_request_endpoint = `${base.issuer}/par`;
      const revocation_endpoint = `${base.issuer}/revocation`;
      return answer('discovery', { ...base, pushed_authorization_request_endpoint, revocation_endpoint });
    },
    par: () => answer('par', { request_uri: 'urn:example:1', expires_in: 60 }),
    revocation: () => answer('revocation', {}),
  };
  return {
    bends,
    bend: (answers: BentAnswers) => {
      now = answers;
      isOver = false;
    },
    /** Whether an answer since has said that the grant of a session is over. */
    hasVerdict: () => isOver,
  };
};

const createRoutes = (upstream: string): ApiRoute[] => [
  { prefix: '/api/own', upstream },
  { prefix: '/api/audience', upstream, token: { audience: 'urn:api' } },
  { prefix: '/api/exchange', upstream, token: { exchange: { audience: 'urn:api' } } },
  { prefix: '/api/client', upstream, token: 'client' },
];

const startWorld = async (tokenType: string) => {
  let now = Date.now();
  let upstreamStatus = 200;
  const upstream = await startUpstream((_request, response) => {
    const challenge = upstreamStatus === 401 ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {};
    response.writeHead(upstreamStatus, challenge).end('answered');
  });
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  const { bends, bend, hasVerdict } = createBends(tokenType);
  const kit = await startBentBff(
    { ...bends, idToken: undefined },
    {
      ...{ apiRoutes: createRoutes(upstream.url), clock: () => now },
      ...{ dpop: tokenType === 'DPoP' ? 'on' : 'off', sessionIdleTimeout: '1d', sessionLifetime: '300d' },
    },
  );
  const { bff, bent } = kit;

  /** Until access tokens are due, and a refresh that failed may be tried again. */
  const letTimePass = (): void => {
    now += 310_000;
    bent.clock.now = now;
    vi.advanceTimersByTime(310_000);
  };

  /** Returns the statuses of both requests. */
  const signIn = async (browser: TestBrowser): Promise<readonly number[]> => {
    const start = await browser.visitWithoutFollowing(`${bff.url}/login?prompt=login`, {
      from: `${bff.url}/`,
    });
    const location = new URL(start.headers.get('location') ?? 'about:blank');
    const pushed = bent.seen.findLast(({ endpoint }) => endpoint === 'par')?.body;
    const sent = (name: string): string => location.searchParams.get(name) ?? pushed?.get(name) ?? '';
    const page = await kit.comeBack({ browser, state: sent('state'), nonce: sent('nonce') });
    // The ID token of a refresh may leave it out; it has to be that of its own login.
    bent.nonce = undefined;
    return [start.status, page.status];
  };

  const signInSoundly = async (browser: TestBrowser): Promise<string> => {
    bend(sound);
    letTimePass();
    expect(await signIn(browser)).toEqual([303, 303]);
    const { user, session } = await whoIs(browser, bff);
    expect(user?.sub).toBe('ada');
    return session?.id ?? '';
  };

  const sendLogoutToken = async (changes: Json): Promise<number> => {
    const { header, claims } = bent.logoutToken();
    const token = bent.sign({ header, claims: JSON.parse(JSON.stringify({ ...claims, ...changes })) });
    const body = new URLSearchParams({ logout_token: token });
    return (await fetch(`${bff.url}/logout/backchannel`, { method: 'POST', body })).status;
  };

  /** Takes one step; returns the statuses of its answers, and whether it signs this browser out or in again. */
  const take = async ({ step, claims }: Step, browser: TestBrowser) => {
    switch (step) {
      case 'login': {
        const statuses = await signIn(browser);
        return { statuses, isChange: statuses.at(-1) === 303 };
      }
      case 'another login':
        return { statuses: await signIn(createBrowser()), isChange: false };
      case 'logout': {
        const answer = await browser.fetch(`${bff.url}/logout`, { method: 'POST', from: `${bff.url}/` });
        return { statuses: [answer.status], isChange: true };
      }
      case 'logout token': {
        const status = await sendLogoutToken(claims ?? {});
        return { statuses: [status], isChange: status === 200 };
      }
      case 'new key':
        bent.rotateKey();
        return { statuses: [], isChange: false };
      default: {
        const answers = await Promise.all(
          [1, 2].map(() => browser.fetch(`${bff.url}${step}`, { from: `${bff.url}/` })),
        );
        return { statuses: answers.map(({ status }) => status), isChange: false };
      }
    }
  };

  return {
    ...{ bff, bend, hasVerdict, letTimePass, signInSoundly, take },
    setUpstream: (status: number) => {
      upstreamStatus = status;
    },
  };
};

test.for(['Bearer', 'DPoP'])(
  'whatever the provider answers, nothing is an error of ours, and a session ends by a verdict alone: %s',
  { timeout: fuzzTimeout === 0 ? 0 : 60_000 },
  async (tokenType) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const world = await startWorld(tokenType);
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const browser = createBrowser();
        let id = await world.signInSoundly(browser);
        for (const step of script) {
          world.letTimePass();
          world.bend(step.answers);
          world.setUpstream(step.upstream);
          const { statuses, isChange } = await world.take(step, browser);
          expect(statuses).not.toContain(500);
          const { session } = await whoIs(browser, world.bff);
          if (isChange || world.hasVerdict()) id = await world.signInSoundly(browser);
          else expect(session?.id).toBe(id);
        }
      }),
      fuzzRuns(15),
    );
    const internal = world.bff.log.filter((line) => line.code === 'internal_error' || line.level === 60);
    expect(internal).toEqual([]);
  },
);
