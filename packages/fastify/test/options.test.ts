import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type BffOptions,
  checkOptions,
  declaredOptions,
  formatDuration,
  formatSize,
  option,
  optionIssues,
  pluginOptions,
  resolveOptions,
} from '../src/options.ts';
import { openSessionStore } from '../src/stores/open-session-store.ts';
import { createSessionKey } from './kit/start-bff.ts';

const required = async (): Promise<BffOptions> => ({
  issuer: 'https://op.example',
  clientId: 'app',
  clientSecret: 'hush-hush',
  publicUrl: 'https://app.example',
  sessionKeys: [createSessionKey()],
  sessionStore: await openSessionStore('memory:'),
});

test('every option but the required ones has its default', async () => {
  expect(resolveOptions(await required())).toMatchObject({
    isSecure: true,
    publicUrl: 'https://app.example',
    scope: 'openid profile email',
    clockTolerance: 30,
    providerTimeout: 5,
    sessionIdleTimeout: 1800,
    sessionLifetime: 43_200,
    loginTimeout: 600,
    cookieName: 'foyer',
    apiRoutes: [],
    apiTimeout: 15,
    apiMaxBody: 10_485_760,
    allowedOrigins: [],
    rateLimitLogin: 60,
    drainTimeout: 0,
  });
});

test('durations and sizes may be numbers or texts', async () => {
  const given = { ...(await required()), sessionIdleTimeout: '45m', apiTimeout: 0.5, apiMaxBody: '512kb' };
  expect(resolveOptions(given)).toMatchObject({
    sessionIdleTimeout: 2700,
    apiTimeout: 0.5,
    apiMaxBody: 524_288,
  });
});

test('a misspelt option is a mistake under its own name', async () => {
  const [issue, ...more] = checkOptions({ ...(await required()), sessionIdleTimout: 60 });
  expect(more).toEqual([]);
  expect(issue).toMatchObject({ option: 'sessionIdleTimout', problem: 'is not an option of Foyer' });
  expect(issue?.remedy).toContain('sessionIdleTimeout');
});

test('every mistake is found at once, each with what to do', () => {
  const issues = checkOptions({
    issuer: 'op.example',
    publicUrl: 'http://app.example',
    sessionKeys: ['', 'x'],
  });
  expect(issues.map((issue) => `${issue.option} ${issue.problem}`)).toEqual([
    'issuer is not a URL',
    'clientId is missing',
    'publicUrl is not https',
    'sessionKeys key 1 is empty',
    'sessionKeys key 2 is not 32 bytes in base64',
    'sessionStore is not a session store',
    'clientSecret is missing',
  ]);
  for (const { remedy } of issues) expect(remedy).toMatch(/^[A-Z].*\.$/);
});

test('of several providers each has its own options, those of all as default, and its mistakes under its id', async () => {
  const { issuer: _issuer, clientId: _clientId, ...common } = await required();
  const one = {
    id: 'one',
    issuer: 'https://one.example',
    clientId: 'a',
    clientSecret: 'its',
    scope: 'openid email',
  };
  const two = { id: 'two', label: 'Two', issuer: 'https://two.example', clientId: 'b', clientSecret: 'own' };
  const { issuer, providerId, providers } = resolveOptions({
    ...common,
    scope: 'openid',
    providers: [one, two],
  });
  expect([issuer, providerId]).toEqual(['https://one.example', 'one']);
  expect(providers).toMatchObject([
    { id: 'one', label: 'one', options: { scope: 'openid email', clientSecret: 'its' } },
    { id: 'two', label: 'Two', options: { scope: 'openid', clientSecret: 'own', providers: [] } },
  ]);
  const broken = [
    { ...one, issuer: 'one.example' },
    { ...two, clientId: '' },
  ];
  const issues = checkOptions({ ...common, publicUrl: 'nothing', providers: broken });
  expect(issues.map(({ option, problem }) => `${option} ${problem}`)).toEqual([
    'providers one: issuer is not a URL',
    'publicUrl is not a URL',
    'providers two: clientId is missing',
  ]);
});

test.for([
  ['one id twice', { id: 'one' }],
  ['one domain twice', { domains: ['one.example'] }],
  ['one client of one issuer twice', { issuer: 'https://one.example', clientId: 'a' }],
] as const)('several providers that hold %s are a mistake', async ([what, same]) => {
  const { issuer: _issuer, clientId: _clientId, ...common } = await required();
  const one = {
    ...{ id: 'one', issuer: 'https://one.example', clientId: 'a', clientSecret: 'its' },
    domains: ['one.example'],
  };
  const two = { id: 'two', issuer: 'https://two.example', clientId: 'b', clientSecret: 'own', ...same };
  expect(checkOptions({ ...common, providers: [one, two] })).toMatchObject([
    { option: 'providers', problem: `holds ${what}` },
  ]);
});

test('a mistake in a common option is reported under that option, and mistakes of one provider hide none of another', async () => {
  const { issuer: _issuer, clientId: _clientId, ...common } = await required();
  const one = { id: 'one', issuer: 'https://one.example', clientId: 'a', clientSecret: 'its' };
  const wrong = { ...common, publicUrl: 'nothing', clockTolerance: 'never' };
  const named = (providers: unknown) =>
    checkOptions({ ...wrong, providers }).map(({ option, problem }) => `${option} ${problem}`);
  const both = ['clockTolerance is not a duration', 'publicUrl is not a URL'];
  expect(named([one, { ...one, id: 'two', clientId: 'b' }])).toEqual(both);
  expect(named([])).toEqual(['providers is empty', ...both]);
  expect(named([{ ...one, clockTolerance: 'ever' }])).toEqual([
    'providers one: clockTolerance is not a duration',
    'publicUrl is not a URL',
  ]);
});

test('the secret of one provider is never that of another', async () => {
  const given = { ...(await required()), issuer: undefined, clientId: undefined };
  const one = { id: 'one', issuer: 'https://one.example', clientId: 'a' };
  const issues = checkOptions({ ...given, clientSecret: 'hush-hush', providers: [one] });
  expect(issues.map(({ problem }) => problem)).toEqual(['one: clientSecret is missing']);
});

test('a header by which gateways name people, or one of ours, cannot be passed', async () => {
  const issuesOf = async (name: string): Promise<readonly string[]> => {
    const route = { prefix: '/api/a', upstream: 'http://localhost:4000', passHeaders: ['X-Own', name] };
    const issues = checkOptions({ ...(await required()), apiRoutes: [route] });
    return issues.map(({ option: at, problem }) => `${at} ${problem}`);
  };
  for (const name of ['X-Forwarded-User', 'x_remote_user', 'Cookie', 'Authorization', 'Connection', 'Via'])
    expect(await issuesOf(name)).toEqual([expect.stringContaining(`passHeaders names ${name}`)]);
  expect(await issuesOf('X-Tenant')).toEqual([]);
});

test.for([
  ['https://app.example', ['clientSecret is the published secret of the development provider']],
  ['http://localhost:3000', []],
] as const)(
  'with the published development secret, %s has the mistakes %j',
  async ([publicUrl, mistakes]) => {
    const clientSecret = 'foyer-dev-secret-not-for-production';
    const issues = checkOptions({ ...(await required()), publicUrl, clientSecret });
    expect(issues.map(({ option, problem }) => `${option} ${problem}`)).toEqual(mistakes);
  },
);

test('adding an option is one edit: type, check, variable and documentation follow from its declaration', () => {
  const shape = {
    /** What visitors are greeted with. */
    greeting: option('GREETING', z.string().max(5, 'is too long').default('hello'), {
      remedy: 'Give at most five letters.',
    }),
  } as const;
  const schema = z.strictObject(shape);
  expectTypeOf<z.input<typeof schema>>().toEqualTypeOf<{ greeting?: string | undefined }>();
  expectTypeOf<z.output<typeof schema>>().toEqualTypeOf<{ greeting: string }>();
  expect(declaredOptions(shape)).toEqual([
    {
      option: 'greeting',
      facts: expect.objectContaining({ variable: 'GREETING' }),
      defaultValue: 'hello',
    },
  ]);
  const { error } = schema.safeParse({ greeting: 'good morning' }, { reportInput: true });
  expect(error && optionIssues(error, shape)).toEqual([
    { option: 'greeting', problem: 'is too long', remedy: 'Give at most five letters.' },
  ]);
});

test('no two options share a variable, and every option says what to do', () => {
  const names = pluginOptions.flatMap(({ facts: { variable, aliases = [] } }) => [variable, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const { facts } of pluginOptions) expect(facts.remedy).toMatch(/^[A-Z].*\.$/);
});

test.for([
  [0, '0'],
  [90, '90s'],
  [1800, '30m'],
  [43_200, '12h'],
] as const)('%i seconds are written %s', ([seconds, written]) => {
  expect(formatDuration(seconds)).toBe(written);
});

test('bytes are written in their largest unit', () => {
  expect([formatSize(10_485_760), formatSize(1500)]).toEqual(['10mb', '1500b']);
});

test.for<[string, unknown, string]>([
  ['nothing', {}, '/api/a: require names nothing'],
  ['no claim', { claims: {} }, '/api/a: require names no claim'],
  ['no value', { claims: { groups: [] } }, '/api/a: require gives no value of the claim groups'],
  ['an empty value', { claims: { groups: '' } }, '/api/a: require gives no value of the claim groups'],
  [
    'a claim of the protocol',
    { claims: { nonce: 'x' } },
    '/api/a: require names the claim "nonce", which no session keeps',
  ],
  [
    'a claim of a wrong type',
    { claims: { groups: { admin: 1 } } },
    'is not valid at 0.require.claims.groups',
  ],
  ['an empty scope', { scope: ' ' }, '/api/a: require has a scope that no token has'],
  ['no acr', { acr: [] }, '/api/a: require has an acr that cannot be asked for'],
  ['an acr with a space', { acr: 'a b' }, '/api/a: require has an acr that cannot be asked for'],
  ['no age', { maxAge: 0 }, 'is not between 1 and 31622400 seconds'],
  ['no duration', { maxAge: 'soon' }, 'is not a duration'],
  ['an unknown key', { acr: 'x', claim: { groups: 'x' } }, 'has a key that is not known: claim'],
  ['a wrong type', 'admin', 'is not valid at 0.require'],
])('an API route that requires %s is a mistake', async ([, require, problem]) => {
  const route = { prefix: '/api/a', upstream: 'http://localhost:4000', require };
  expect(checkOptions({ ...(await required()), apiRoutes: [route] })).toMatchObject([
    { option: 'apiRoutes', problem },
  ]);
});

test('an API route without sessions cannot require anything of one', async () => {
  const route = { prefix: '/api/a', upstream: 'http://localhost:4000', auth: 'none', require: { acr: 'x' } };
  expect(checkOptions({ ...(await required()), apiRoutes: [route] })).toMatchObject([
    { problem: '/api/a: require has no session to judge where auth is none' },
  ]);
});

test('one prefix may have a route for each method', async () => {
  const route = { prefix: '/api/a', upstream: 'http://localhost:4000' };
  const apiRoutes = [
    { ...route, methods: ['GET', 'HEAD'] },
    { ...route, methods: ['POST'] },
  ];
  expect(checkOptions({ ...(await required()), apiRoutes })).toEqual([]);
  expect(checkOptions({ ...(await required()), apiRoutes: [...apiRoutes, route] })).toMatchObject([
    { problem: 'holds one prefix twice' },
  ]);
});

test.for<[string, object, string]>([
  [
    'Authorization',
    { identity: { authorization: 'sub' } },
    'identity names authorization, which is not a header for claims',
  ],
  ['Cookie', { identity: { Cookie: 'sub' } }, 'identity names cookie, which is not a header for claims'],
  ['Host', { identity: { host: 'sub' } }, 'identity names host, which is not a header for claims'],
  [
    'a hop-by-hop header',
    { identity: { connection: 'sub' } },
    'identity names connection, which is not a header for claims',
  ],
  [
    'framing',
    { identity: { 'content-length': 'sub' } },
    'identity names content-length, which is not a header for claims',
  ],
  [
    'an address',
    { identity: { 'x-forwarded-for': 'sub' } },
    'identity names x-forwarded-for, which is not a header for claims',
  ],
  [
    'what browsers send',
    { identity: { 'user-agent': 'sub' } },
    'identity names user-agent, which is not a header for claims',
  ],
  ['one header twice', { identity: { 'x-a': 'sub', 'X-A': 'name' } }, 'identity names one header twice'],
  ['no person', { auth: 'none', identity: { 'x-a': 'sub' } }, 'identity has no person where auth is none'],
  [
    'what the browser may send',
    { passHeaders: ['X_A'], identity: { 'x-a': 'sub' } },
    'passHeaders would let a browser write X_A',
  ],
])('an API route cannot report a person in %s', async ([, given, problem]) => {
  const route = { prefix: '/api/a', upstream: 'http://localhost:4000', ...given };
  expect(checkOptions({ ...(await required()), apiRoutes: [route] })).toMatchObject([
    { option: 'apiRoutes', problem: `/api/a: ${problem}` },
  ]);
});

test('no route lets a browser set a header in which another route to the same upstream names a person', async () => {
  const issuesOf = async (upstream: string) => {
    const reporting = { prefix: '/api/a', upstream: 'http://localhost:4000/a', identity: { 'X-A': 'sub' } };
    const passing = { prefix: '/api/b', upstream, auth: 'none', passHeaders: ['x_a'] } as const;
    return checkOptions({ ...(await required()), apiRoutes: [reporting, passing] });
  };
  const problem = '/api/b: passHeaders would let a browser write x_a';
  expect(await issuesOf('http://LOCALHOST:4000/b')).toMatchObject([{ option: 'apiRoutes', problem }]);
  expect(await issuesOf('https://localhost:4000/b')).toMatchObject([{ option: 'apiRoutes', problem }]);
  expect(await issuesOf('http://localhost:4001/b')).toEqual([]);
});

test.for([['x a'], ['x_a'], ['']])('"%s" is no header to report a person in', async ([name = '']) => {
  const route = { prefix: '/api/a', upstream: 'http://localhost:4000', identity: { [name]: 'sub' } };
  expect(checkOptions({ ...(await required()), apiRoutes: [route] })).toMatchObject([
    { option: 'apiRoutes' },
  ]);
});

test('userClaims lists no claim that the browser is never shown', async () => {
  expect(checkOptions({ ...(await required()), userClaims: ['name', 'acr', ''] })).toMatchObject([
    { option: 'userClaims', problem: 'names the claim "acr", which no browser is shown' },
    { option: 'userClaims', problem: 'names the claim "", which no browser is shown' },
  ]);
});
