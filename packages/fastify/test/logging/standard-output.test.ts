import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tieToThisProcess } from '@foyer/testkit';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { createServerOptions } from '../../src/index.ts';

const countListeners = (): readonly number[] =>
  [process, process.stdout].map((emitter) =>
    emitter.eventNames().reduce((count, name) => count + emitter.listenerCount(name), 0),
  );

test('a hundred servers that came and went leave no listener on the process or its output', async () => {
  const before = countListeners();
  for (let index = 0; index < 100; index += 1)
    await Fastify(createServerOptions({ logLevel: 'silent', trustProxy: [] })).close();
  expect(countListeners()).toEqual(before);
});

const startProgram = (code: string) => {
  const module = new URL('../../src/index.ts', import.meta.url).href;
  const before = `
    import Fastify from 'fastify';
    import { createServerOptions } from '${module}';
    const app = Fastify(createServerOptions({ logLevel: 'info', trustProxy: [] }));`;
  const child = spawn(process.execPath, ['--input-type', 'module', '--eval', before + code], {
    cwd: new URL('../..', import.meta.url),
  });
  return tieToThisProcess(child);
};

test('lines written right before the process exits arrive', async () => {
  const child = startProgram(`
    for (let index = 0; index < 1000; index += 1) app.log.info({ index }, 'counted');
    process.exit(0);`);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  const lines = text.trimEnd().split('\n');
  expect(lines).toHaveLength(1000);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ index: 999, msg: 'counted' });
});

test('a reader of the log that leaves does not end the process', async () => {
  const child = startProgram(`
    process.stdin.once('data', async () => {
      for (let index = 0; index < 100; index += 1) app.log.info('unread');
      await new Promise(setImmediate);
      app.log.info('unread');
      process.exit(7);
    });
    process.stderr.write('ready');`);
  await once(child.stderr ?? child, 'data');
  child.stdout?.destroy();
  child.stdin?.write('go');
  expect((await once(child, 'exit'))[0]).toBe(7);
});
