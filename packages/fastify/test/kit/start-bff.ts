import { randomBytes } from 'node:crypto';
import { type DevProvider, startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort, type Page, type TestBrowser } from '@foyer/testkit';
import Fastify, { type FastifyInstance } from 'fastify';
import { expect } from 'vitest';
import type { LogEvent } from '../../src/events.ts';
import { logEvents } from '../../src/events.ts';
import {
  type BffOptions,
  bff,
  createServerOptions,
  logRequest,
  openSessionStore,
  type ServerSettings,
} from '../../src/index.ts';

/** A BFF on a free port beside a real provider, and everything it has logged. */
export interface RunningBff {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly provider: DevProvider;
  readonly log: readonly Readonly<Record<string, unknown>>[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** A fresh session key. */
export const createSessionKey = (): string => randomBytes(32).toString('base64');

/** Every event of the log is one of the documented, at its level, with no other fields. */
const expectDocumented = (log: RunningBff['log']): void => {
  const commonFields = ['provider', 'level', 'time', 'requestId', 'msg', 'event'];
  const levels = { info: 30, warn: 40, error: 50 };
  for (const line of log) {
    const documented: LogEvent | undefined = Object.entries(logEvents).find(
      ([name]) => name === line.event,
    )?.[1];
    if (line.event === undefined && line.msg === 'request') continue;
    if (line.event === undefined && Number(line.level) < 40) continue;
    expect(documented, `docs/events.md lacks the event of ${JSON.stringify(line)}`).toBeDefined();
    if (documented === undefined) continue;
    expect([...commonFields, ...Object.keys(documented.fields)]).toEqual(
      expect.arrayContaining(Object.keys(line)),
    );
    if (line.event !== 'refusal') expect(line.level).toBe(levels[documented.level]);
  }
};

/** Starts a BFF with `memory:` sessions; `given` changes options, `server` the settings of the server; it lives below `basePath`, beside the routes of `addRoutes`. What the log says and docs/events.md does not fails the caller at the end. */
export const startBff = async (
  given: Partial<BffOptions> = {},
  server: Partial<ServerSettings> = {},
  basePath = '',
  addRoutes: (app: FastifyInstance) => void = () => undefined,
): Promise<RunningBff> => {
  const port = await freePort();
  const url = `http://localhost:${port}${basePath}`;
  const provider = await startDevProvider({
    publicUrls: [url],
    clientSecret: randomBytes(24).toString('hex'),
  });
  const sessionStore = given.sessionStore ?? (await openSessionStore('memory:'));
  const log: Readonly<Record<string, unknown>>[] = [];
  const app = Fastify(
    createServerOptions({
      logLevel: 'trace',
      trustProxy: [],
      allowedOrigins: given.allowedOrigins ?? [],
      logStream: { write: (line) => log.push(JSON.parse(line)) },
      ...server,
    }),
  );
  app.addHook('onResponse', logRequest);
  await app.register(bff, {
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    publicUrl: url,
    sessionKeys: [createSessionKey()],
    sessionStore,
    ...given,
  });
  addRoutes(app);
  await app.listen({ port, host: 'localhost' });
  return {
    app,
    url,
    provider,
    log,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await sessionStore.close();
      await provider.close();
      expectDocumented(log);
    },
  };
};

/** Signs a demo person in through the provider's real pages, and stands on the page that the login ends at. */
export const signIn = async (
  { url }: Pick<RunningBff, 'url'>,
  { browser = createBrowser(), returnTo = '/' }: { browser?: TestBrowser; returnTo?: string } = {},
): Promise<{ readonly browser: TestBrowser; readonly page: Page }> => {
  await browser.visit(`${url}/login?returnTo=${encodeURIComponent(returnTo)}`, { from: `${url}/` });
  const page = await browser.submit({ button: 'Ada Lovelace' });
  return { browser, page };
};
