import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BffOptions } from '../../src/options.ts';
import { createPageLook } from '../../src/pages/page.ts';
import { startBff } from '../kit/start-bff.ts';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const page = `<!doctype html><html><head><style>body { color: red }</style>
<link rel="stylesheet" href="a.css" media="print" onload="this.media='all'">
<script>window.early = 1 < 2;</script><noscript><style>p { color: blue }</style></noscript></head>
<body style="margin: 0"><script type="module" src="/a.js"></script></body></html>`;

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'foyer-policy-'));
  await writeFile(join(dir, 'index.html'), page);
  await writeFile(join(dir, 'a.js'), 'export {};');
});
afterAll(() => rm(dir, { recursive: true }));

const headersOf = async (urls: readonly string[], given: Partial<BffOptions> = {}) => {
  await using bff = await startBff({ spa: { dir }, ...given });
  const { host } = new URL(bff.url);
  const ask = async (url: string) =>
    (await bff.app.inject({ url, headers: { host, accept: 'text/html' } })).headers;
  return Promise.all(urls.map(ask));
};

const directivesOf = (policy: unknown): ReadonlyMap<string, string> =>
  new Map(
    String(policy)
      .split('; ')
      .map((one) => [one.split(' ', 1)[0] ?? '', one.slice(one.indexOf(' ') + 1)]),
  );

const policyOf = async (given: Partial<BffOptions> = {}): Promise<ReadonlyMap<string, string>> => {
  const [headers] = await headersOf(['/'], given);
  return directivesOf(headers?.['content-security-policy']);
};

test('inline scripts, styles and handlers of the build’s own HTML are allowed by their hashes', async () => {
  const policy = await policyOf();
  expect(policy.get('script-src')).toBe(
    `'self' ${hashOf('window.early = 1 < 2;')} 'unsafe-hashes' ${hashOf("this.media='all'")}`,
  );
  expect(policy.get('style-src')).toBe(
    `'self' ${hashOf('')} ${hashOf('body { color: red }')} ${hashOf('p { color: blue }')} 'unsafe-hashes' ${hashOf('margin: 0')}`,
  );
});

test('an asset has no hashes but that of the empty style', async () => {
  const [headers] = await headersOf(['/a.js']);
  const policy = directivesOf(headers?.['content-security-policy']);
  expect(policy.get('script-src')).toBe("'self'");
  expect(policy.get('style-src')).toBe(`'self' ${hashOf('')}`);
});

test('with unsafe-inline no hash is left that would switch it off', async () => {
  const policy = await policyOf({ spaCsp: "style-src 'unsafe-inline' https://fonts.example" });
  expect(policy.get('style-src')).toBe("'self' 'unsafe-inline' https://fonts.example");
  expect(policy.get('script-src')).toContain(hashOf('window.early = 1 < 2;'));
});

test('an added directive begins with the sources that it replaces', async () => {
  const policy = await policyOf({
    spaCsp:
      'script-src-elem https://cdn.example; frame-src https://pay.example; worker-src blob:; report-uri /csp; upgrade-insecure-requests',
  });
  expect(policy.get('script-src-elem')).toBe(`${policy.get('script-src')} https://cdn.example`);
  expect(policy.get('frame-src')).toBe("'self' https://pay.example");
  expect(policy.get('worker-src')).toBe(`${policy.get('script-src')} blob:`);
  expect(policy.get('report-uri')).toBe('/csp');
  expect(policy.has('upgrade-insecure-requests')).toBe(true);
});

test('a directive that denies everything may be said again', async () => {
  const policy = await policyOf({ spaCsp: "object-src 'none'; frame-ancestors 'none'" });
  expect([policy.get('object-src'), policy.get('frame-ancestors')]).toEqual(["'none'", "'none'"]);
});

test('our own answers have nothing of what is added, and the pages nothing of our own style', async () => {
  const [spaPage, asset, me, missing] = await headersOf(['/', '/a.js', '/api/me', '/assets/no.js'], {
    spaCsp: 'img-src https://cdn.example',
    spaPermissionsPolicy: 'camera=(self "https://call.example")',
    spaCoop: 'unsafe-none',
  });
  for (const headers of [spaPage, asset]) {
    expect(headers?.['content-security-policy']).toContain("img-src 'self' data: https://cdn.example");
    expect(headers?.['content-security-policy']).not.toContain(createPageLook({}).style.hash);
    expect(headers?.['permissions-policy']).toBe('camera=(self "https://call.example")');
    expect(headers?.['cross-origin-opener-policy']).toBe('unsafe-none');
  }
  for (const headers of [me, missing]) {
    expect(headers?.['content-security-policy']).not.toContain('cdn.example');
    expect(headers?.['permissions-policy']).toContain('camera=()');
    expect(headers?.['cross-origin-opener-policy']).toBe('same-origin');
  }
  expect(missing?.['content-security-policy']).toContain(createPageLook({}).style.hash);
});

test('a page may use what its user allows, and open pop-ups that know it', async () => {
  const [headers] = await headersOf(['/']);
  expect(headers?.['permissions-policy']).toMatch(/camera=\(self\), .*geolocation=\(self\)/);
  expect(headers?.['permissions-policy']).not.toContain('=()');
  expect(headers?.['cross-origin-opener-policy']).toBe('same-origin-allow-popups');
});

test('a form of a page names its origin, and no other origin sees where a person was', async () => {
  const [page, me] = await headersOf(['/', '/api/me']);
  expect([page?.['referrer-policy'], me?.['referrer-policy']]).toEqual(['same-origin', 'no-referrer']);
});

test.for([
  [{ spaCsp: 'style-source https://cdn.example' }, /spaCsp: has a directive that browsers do not know/],
  [{ spaCsp: 'img-src self' }, /spaCsp: has self without quotes in img-src/],
  [{ spaCsp: 'frame-ancestors self' }, /spaCsp: has self without quotes in frame-ancestors/],
  [{ spaCsp: "connect-src 'none'" }, /spaCsp: adds 'none' to connect-src/],
  [{ spaCsp: "form-action 'none'" }, /spaCsp: adds 'none' to form-action/],
  [{ spaCsp: "object-src 'none' https://cdn.example" }, /spaCsp: adds 'none' to object-src/],
  [{ spaCsp: "style-src 'unsafe-inline' 'nonce-abc'" }, /spaCsp: has 'unsafe-inline' in style-src beside/],
  [{ spaPermissionsPolicy: "camera 'self'" }, /spaPermissionsPolicy: is not a Permissions-Policy/],
  [{ spaCoop: 'open' as 'unsafe-none' }, /spaCoop: is no value of Cross-Origin-Opener-Policy/],
] as const)('%o is refused at the start, because it has no effect', async ([given, message]) => {
  await expect(headersOf([], given)).rejects.toThrow(message);
});
