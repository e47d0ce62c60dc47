import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { requirements, type TestReference } from '@foyer/doctor/requirements';
import { freePort, tieToThisProcess } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { createConformancePage, referredTests } from '../../../tools/src/conformance/conformance-page.ts';
import { relyingPartyModules } from '../../../tools/src/conformance/relying-party-modules.ts';
import {
  findUnshown,
  parseTestReference,
  parseTestReport,
} from '../../../tools/src/conformance/test-results.ts';
import { mutants, rowsWithoutMutant } from '../../../tools/src/mutants/mutants.ts';
import { editsOf, findPlace } from '../../../tools/src/mutants/try-mutant.ts';
import { makeCertificate } from './kit/start-front.ts';
import { startReplicas } from './kit/start-replicas.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const escapePattern = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
const doctor = fileURLToPath(new URL('../src/doctor.ts', import.meta.url));

const runDoctorWith = async (
  variables: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ code: number; output: string; errors: string }> => {
  const child = spawn(process.execPath, [doctor, ...args], { env: { PATH: process.env.PATH, ...variables } });
  const [output, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(tieToThisProcess(child), 'close'),
  ]);
  return { code: child.exitCode ?? -1, output, errors };
};

const runDoctor = (...args: string[]) => runDoctorWith({}, ...args);

/** Speaks TLS on `port`, with a certificate that the folder then has, before who speaks plainly on another. */
const startTls = async (
  folder: string,
  { port, inner }: { port: number; inner: number },
): Promise<Server> => {
  makeCertificate(folder);
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(folder, name)));
  const server = createTlsServer({ key, cert }, (secure) => {
    const plain = connect(inner, '127.0.0.1');
    for (const end of [secure, plain]) end.on('error', () => undefined);
    secure.pipe(plain).pipe(secure);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

/** A file of tests, and the suites that it has in common with others. */
const readSuites = (file: string): string => {
  const text = read(file);
  const suites = [...text.matchAll(/from '(\.[^']*-suite\.ts)'/g)].map(([, path = '']) =>
    read(join(dirname(file), path)),
  );
  return [text, ...suites].join('\n');
};

const isWritten = (reference: TestReference): boolean => {
  const { file, titles } = parseTestReference(reference);
  const source = readSuites(file).replaceAll(/\\(['"])/g, '$1');
  const isIn = (title: string): boolean => new RegExp(`['"\`]${escapePattern(title)}['"\`]`).test(source);
  return titles.length > 0 && titles.every(isIn);
};

test('every test that the page names is there', () => {
  expect(referredTests.length).toBeGreaterThan(150);
  expect(referredTests.filter((reference) => !isWritten(reference))).toEqual([]);
});

test('every test under a module’s name is in the list of modules', () => {
  const texts = ['relying-party-modules', 'fapi2-modules'].map((file) =>
    read(`packages/fastify/test/conformance/${file}.test.ts`),
  );
  const named = new Set(texts.join().match(/(oidcc|fapi2-security-profile-final)-client-test[\w-]*/g));
  expect(new Set(relyingPartyModules.map(({ module }) => module))).toEqual(named);
});

const results = [
  { file: 'packages/fastify/test/a/b.test.ts', titles: ['a group', 'row 7 of (x)'], hasPassed: true },
  { file: 'packages/fastify/test/a/b.test.ts', titles: ['a group', 'another'], hasPassed: true },
  { file: 'apps/bff/test/c.test.ts', titles: ['fails'], hasPassed: false },
];

test('a test that is gone, has failed or was left out is noticed', () => {
  const shown = ['fastify/a/b > a group', 'fastify/a/b > a group > row %i of (%s)'] as const;
  const unshown = [
    'bff/c > fails',
    'fastify/a/b > another group',
    'fastify/a/b > a group > line %i',
  ] as const;
  expect(findUnshown([...shown, ...unshown], results)).toEqual(unshown);
  const failed = results.map((result) => ({ ...result, hasPassed: result.titles[1] !== 'another' }));
  expect(findUnshown(shown, failed)).toEqual(['fastify/a/b > a group']);
});

test('a report of Vitest is read as it is written', () => {
  const report = {
    testResults: [
      {
        name: '/here/apps/bff/test/c.test.ts',
        assertionResults: [
          { ancestorTitles: ['a group'], title: 'passes', status: 'passed' },
          { ancestorTitles: [], title: 'is skipped', status: 'skipped' },
        ],
      },
    ],
  };
  expect(parseTestReport(JSON.stringify(report), '/here/')).toEqual([
    { file: 'apps/bff/test/c.test.ts', titles: ['a group', 'passes'], hasPassed: true },
    { file: 'apps/bff/test/c.test.ts', titles: ['is skipped'], hasPassed: false },
  ]);
});

test('the conformance page is generated from the table', () => {
  expect(read('docs/conformance.md')).toBe(createConformancePage());
});

test('the doctor finds nothing bad in the product as it is shipped', async () => {
  await using replicas = await startReplicas({ store: 'sqlite' });
  const { code, output, errors } = await runDoctor('--live', replicas.url);
  expect([code, errors, output.split('\n').filter((line) => line.startsWith('bad'))]).toEqual([0, '', []]);
  expect(output.split('\n').filter((line) => line.startsWith('ok')).length).toBeGreaterThan(9);
});

test('behind https the doctor prints every row of the statement that can be seen, and all of them hold', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-https-'));
  const port = await freePort();
  const url = `https://localhost:${port}`;
  await using replicas = await startReplicas({ store: 'sqlite', variables: { PUBLIC_URL: url } });
  const inner = Number(new URL(replicas.all[0].url).port);
  const front = await startTls(folder, { port, inner });
  try {
    const trusted = { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') };
    const [{ code, output }, strange] = await Promise.all([
      runDoctorWith(trusted, '--live', url),
      runDoctor('--live', url),
    ]);
    const rows = requirements.filter(({ isSeen }) => isSeen !== undefined);
    expect([code, output.trim().split('\n')]).toEqual([
      0,
      rows.map(({ section, level, text }) => `ok    ${section} ${level}: ${text}`),
    ]);
    expect([strange.code, strange.errors]).toEqual([
      1,
      expect.stringMatching(/certificate .* \(DEPTH_ZERO_SELF_SIGNED_CERT\)\..*NODE_EXTRA_CA_CERTS/),
    ]);
  } finally {
    front.close();
    rmSync(folder, { recursive: true });
  }
});

test('the doctor sees what a careless deployment lacks', async () => {
  const careless = createServer((_request, response) => {
    response.setHeader('set-cookie', 'session=plain; Domain=example.com').end('{}');
  }).listen(0, '127.0.0.1');
  await once(careless, 'listening');
  const address = careless.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { code, output } = await runDoctor('--live', `http://127.0.0.1:${port}`);
  careless.close();
  expect(code).toBe(1);
  for (const what of ['HttpOnly', 'Domain', 'other sites', 'not cached', 'Security headers', 'PKCE'])
    expect(output).toMatch(new RegExp(`^bad .*${what}`, 'm'));
});

test('a malformed address, and one where no server listens, are reported plainly', async () => {
  const none = await runDoctor('--live');
  expect([none.code, none.errors]).toEqual([1, expect.stringContaining('--live URL')]);
  const away = await runDoctor('--live', 'http://127.0.0.1:9');
  expect([away.code, away.errors]).toEqual([1, expect.stringContaining('cannot be reached')]);
});

test('each row of the page has a mutant, and each mutant a test that the page names', () => {
  expect(rowsWithoutMutant).toEqual([]);
  const foreign = mutants.filter((mutant) => !referredTests.includes(mutant.test));
  expect(foreign).toEqual([]);
});

test('a mutant finds its text, once', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  expect(mutants.flatMap(editsOf).filter((edit) => findPlace(root, edit) === undefined)).toEqual([]);
});
