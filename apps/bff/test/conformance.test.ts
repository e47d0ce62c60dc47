import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createConformancePage, requirements } from '../src/conformance/requirements.ts';
import { startReplicas } from './kit/start-replicas.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const doctor = fileURLToPath(new URL('../src/doctor.ts', import.meta.url));

const runDoctor = async (...args: string[]): Promise<{ code: number; output: string; errors: string }> => {
  const child = spawn(process.execPath, [doctor, ...args], { env: { PATH: process.env.PATH } });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode ?? -1, output, errors };
};

test.for(requirements.map(({ text: what, test: shown }) => [what, ...shown] as const))(
  'the test of "%s" exists',
  ([, file, name]) => {
    expect(read(file)).toContain(name);
    expect(read(file)).toMatch(/^\s*(test|describe)/m);
  },
);

test('the page of conformance says what the table says', () => {
  expect(read('docs/conformance.md')).toBe(createConformancePage());
});

test('the doctor finds nothing bad in the product as it is shipped', async () => {
  await using replicas = await startReplicas({ store: 'sqlite' });
  const { code, output, errors } = await runDoctor('--live', replicas.url);
  expect([code, errors, output.split('\n').filter((line) => line.startsWith('bad'))]).toEqual([0, '', []]);
  expect(output.split('\n').filter((line) => line.startsWith('ok')).length).toBeGreaterThan(9);
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

test('an address that is none, and one where nobody is, are said plainly', async () => {
  const none = await runDoctor('--live');
  expect([none.code, none.errors]).toEqual([1, expect.stringContaining('needs the address')]);
  const away = await runDoctor('--live', 'http://127.0.0.1:9');
  expect([away.code, away.errors]).toEqual([1, expect.stringContaining('cannot be reached')]);
});
