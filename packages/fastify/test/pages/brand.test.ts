import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problems } from '@foyer/contract';
import { expect, test } from 'vitest';
import { checkOptions } from '../../src/options.ts';
import { german } from '../../src/pages/german.ts';
import { isProblemCode, Problem } from '../../src/problems.ts';
import { signIn, startBff } from '../kit/start-bff.ts';

const brand = { name: 'Notes & <More>', logoUrl: '/logo.svg', accentColor: '#ffd166' };

const readPage = async (url: string, language?: string) => {
  const headers = { accept: 'text/html', ...(language !== undefined && { 'accept-language': language }) };
  const answer = await fetch(url, { headers });
  return { text: await answer.text(), policy: answer.headers.get('content-security-policy') ?? '' };
};

/** The source expression of the only style in a page. */
const hashOfStyle = (text: string): string => {
  const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? '';
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
};

test('our own pages have the name, logo and colours of the brand, in a style that their policy lets pass', async () => {
  await using bff = await startBff({ brand });
  const { browser } = await signIn(bff);
  const question = await browser.visit(`${bff.url}/logout`, { from: `${bff.url}/` });
  const pages = [
    await readPage(`${bff.url}/login/callback`),
    await readPage(`${bff.url}/%zz`),
    { text: question.text, policy: question.headers.get('content-security-policy') ?? '' },
  ];
  for (const { text, policy } of pages) {
    expect(text).toContain('<header>Notes &amp; &lt;More&gt;</header>');
    expect(text).toMatch(
      /<title>[^<]+ · Notes &amp; &lt;More&gt;<\/title><link rel="icon" href="\/logo.svg">/,
    );
    expect(text).toContain('--accent:light-dark(#ffd166,');
    expect(text, 'dark words on a light colour').toContain('--on-accent:light-dark(#0e1520,');
    expect(text).not.toMatch(/<script|style="/);
    expect(policy).toContain(
      `style-src ${policy.includes("style-src 'self'") ? "'self' " : ''}${hashOfStyle(text)}`,
    );
    expect(policy).toContain("img-src 'self' data:");
  }
});

const drawing = '<svg><title>A drawing</title></svg>';

test.for([
  [
    '<meta name="application-name" content=" Notes\n&amp; <More> "><title>Home</title>',
    'Notes &amp; &lt;More&gt;',
  ],
  ['<meta name="application-name" content=""><title>Notes</title>', 'Notes'],
  [`<body>${drawing}<title>Notes</title>`, 'Notes'],
  [drawing, ''],
  [`<title>${'long '.repeat(20)}</title>`, ''],
] as const)('without a name in the brand our own pages have that of the build %j', async ([html, name]) => {
  const dir = await mkdtemp(join(tmpdir(), 'foyer-brand-'));
  await writeFile(join(dir, 'index.html'), html);
  const find = async (given: Parameters<typeof startBff>[0]): Promise<string | undefined> => {
    await using bff = await startBff({ spa: { dir }, ...given });
    return /<header>(.*?)<\/header>/.exec((await readPage(`${bff.url}/login/callback`)).text)?.[1];
  };
  expect(await find({})).toBe(name);
  expect(await find({ brand: { name: 'Given' } })).toBe('Given');
  await rm(dir, { recursive: true });
});

test.for([
  ['de', 'de', 'Diese Anmeldung wurde nicht hier begonnen'],
  ['fr;q=0.9, de-AT;q=0.8, en;q=0.7', 'de', 'Erneut versuchen'],
  ['en-GB,en;q=0.9,de;q=0.8', 'en', 'This sign-in was not started here'],
  ['de;q=0, *', 'en', 'Try again'],
  ['fr', 'en', 'Try again'],
  [undefined, 'en', 'Try again'],
] as const)('with Accept-Language %j a page is in %s', async ([header, language, text]) => {
  await using bff = await startBff();
  const page = await readPage(`${bff.url}/login/callback`, header);
  expect(page.text).toContain(`<html lang="${language}">`);
  expect(page.text).toContain(text);
});

test('JSON stays English, whatever the language', async () => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}/api/nothing`, { headers: { 'accept-language': 'de' } });
  expect(await answer.json()).toMatchObject({ title: 'Not found', detail: 'Check the address.' });
});

test('an operator replaces words and adds a language; missing texts are English', async () => {
  const texts = { de: { 'Try again': 'Nochmal <bitte>' }, nl: { 'Try again': 'Opnieuw' } };
  await using bff = await startBff({ brand: { texts } });
  const url = `${bff.url}/login/callback`;
  expect((await readPage(url, 'de')).text).toContain('>Nochmal &lt;bitte&gt;<');
  expect((await readPage(url, 'de')).text).toContain('>Startseite<');
  expect((await readPage(url, 'nl')).text).toMatch(/<html lang="nl">.*>Opnieuw<\/a>.*>Home</);
});

test('every text of a page has a German one', () => {
  const said = Object.keys(problems)
    .filter(isProblemCode)
    .map((code) => new Problem(code, ''))
    .flatMap(({ title, detail }) => [title, detail]);
  const rounds = readFileSync(new URL('../../src/login/login-rounds.ts', import.meta.url), 'utf8');
  const causes = [...(/const causes = \[([\s\S]*?)\];/.exec(rounds)?.[1] ?? '').matchAll(/'(.+)'/g)];
  expect(causes.length).toBeGreaterThan(2);
  const source = fileURLToPath(new URL('../../src/', import.meta.url));
  const written = globSync('**/*.ts', { cwd: source }).flatMap((path) => [
    ...readFileSync(`${source}${path}`, 'utf8').matchAll(/(?:\bsay\(|\b(?:title|detail): )'([^']+)'/g),
  ]);
  expect(written.length).toBeGreaterThan(10);
  const all = [...said, ...[...causes, ...written].map(([, text = '']) => text)];
  expect(all.filter((text) => !Object.hasOwn(german, text))).toEqual([]);
});

test.for([
  [{ logoUrl: 'https://cdn.example/logo.svg' }, /logoUrl/],
  [{ logoUrl: '//cdn.example/logo.svg' }, /logoUrl/],
  [{ logoUrl: '/a")}body{display:none}' }, /logoUrl/],
  [{ accentColor: 'red;}' }, /accentColor/],
  [{ accentColor: '#fff' }, /accentColor/],
  [{ name: '' }, /name/],
  [{ texts: { 'en"': {} } }, /language/],
  [{ colour: '#2a56c6' }, /colour/],
] as const)('the brand %j is refused', ([given, reason]) => {
  const issues = checkOptions({ brand: given }).filter(({ option }) => option === 'brand');
  expect(issues).toMatchObject([{ problem: expect.stringMatching(reason) }]);
});
