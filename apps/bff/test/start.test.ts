import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Runs a module that ends by itself, and returns which packages it loaded. */
const packagesOf = async (code: string): Promise<readonly string[]> => {
  const hooks = `
    import { registerHooks } from 'node:module';
    const load = (url, context, next) => {
      const name = url.split('/node_modules/').at(-1).match(/^(?:@[^/]+\\/)?[^/]+/)?.[0];
      if (url.includes('/node_modules/')) console.log(name);
      return next(url, context);
    };
    registerHooks({ load });`;
  const server = new URL('../src/server.ts', import.meta.url).href;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--import', `data:text/javascript,${encodeURIComponent(hooks)}`, '--input-type', 'module'],
    ...['--eval', `import { startServer } from '${server}'; ${code}`],
  ]);
  return stdout.split('\n').filter((line) => /^@?[a-z][\w./-]*$/.test(line));
};

test('a server loads its clients of a provider, an API, a Redis or a collector only when they are needed', async () => {
  const loaded = await packagesOf('');
  expect(loaded).toContain('fastify');
  for (const name of ['undici', 'jose', 'openid-client', 'ioredis', 'prom-client', '@opentelemetry/api'])
    expect(loaded).not.toContain(name);
});

test('a server without a schema loads no compiler of schemas', async () => {
  const options = {
    ...{ issuer: 'http://127.0.0.1:9', clientId: 'app', clientSecret: 'any-secret' },
    publicUrl: 'http://localhost',
  };
  const settings = {
    storeUrl: 'memory:',
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    shutdownTimeout: 1,
  };
  const given = JSON.stringify({
    ...settings,
    trustProxy: [],
    unknownVariables: [],
    readableSecrets: [],
    options,
  });
  const loaded = await packagesOf(`
    const settings = ${given};
    settings.options.sessionKeys = [crypto.getRandomValues(Buffer.alloc(32)).toString('base64')];
    const app = await startServer(settings);
    await app.close();`);
  expect(loaded).toContain('@fastify/secure-session');
  expect(loaded).not.toContain('ajv');
});
