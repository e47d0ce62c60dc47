import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { type DevProvider, type DevProviderOptions, startDevProvider } from '@foyer/dev-provider';
import { createBrowser } from '@foyer/testkit';
import Fastify from 'fastify';
import { onTestFinished } from 'vitest';
import { type BffOptions, resolveOptions } from '../../src/options.ts';
import { type CompletedLogin, createProvider, type Provider } from '../../src/provider/provider.ts';
import { openMemoryStore } from '../../src/stores/sqlite/sqlite-store.ts';

type Configure = NonNullable<DevProviderOptions['configure']>;

/** The metadata of one client, as the provider's library takes it. */
export type ClientMetadata = NonNullable<ReturnType<Configure>['clients']>[number];

/** A real provider, and an address where it sends browsers back to. */
export interface RealProvider {
  readonly provider: DevProvider;
  readonly publicUrl: string;
}

/** A client's side of a real provider. */
export interface RealClient {
  readonly provider: Provider;
  /** Begins a login, signs Ada in on the provider's pages, and stops at the callback. */
  readonly begin: () => Promise<{
    readonly answer: URLSearchParams;
    readonly finish: (answer?: URLSearchParams) => Promise<CompletedLogin>;
  }>;
  readonly login: () => Promise<CompletedLogin>;
}

/** Registers what is to be done when a test, or all of a file, are finished. */
export type OnFinished = (run: () => Promise<void> | void) => void;

const listen = async (onFinished: OnFinished): Promise<number> => {
  const server = createServer((_request, response) => response.end('signed in'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** Starts oidc-provider with these clients; redirect URIs and grants are filled in. */
export const startRealProvider = async (
  clients: readonly Partial<ClientMetadata>[],
  configure: Configure = (base) => base,
  onFinished: OnFinished = onTestFinished,
): Promise<RealProvider> => {
  const port = await listen(onFinished);
  const publicUrl = `http://localhost:${port}`;
  const provider = await startDevProvider({
    publicUrls: [publicUrl],
    configure: (base) => {
      const [first] = base.clients ?? [];
      const all = clients.map((client) => ({ ...first, client_id: 'client', ...client }));
      return configure({ ...base, clients: all });
    },
  });
  onFinished(() => provider.close());
  return { provider, publicUrl };
};

/** The client's side of a real provider, with these options. */
export const openRealClient = (
  { provider: { issuer, clientSecret }, publicUrl }: RealProvider,
  given: Partial<BffOptions>,
): RealClient => {
  const log = Fastify({ logger: false }).log;
  const sessionKeys = [randomBytes(32).toString('base64')];
  const sessionStore = openMemoryStore();
  const own = { issuer, clientId: 'client', publicUrl, sessionKeys, sessionStore };
  const needsSecret = given.clientKey === undefined;
  const options = resolveOptions({ ...own, ...(needsSecret ? { clientSecret } : {}), ...given });
  const provider = createProvider(options, log);
  onTestFinished(async () => {
    await provider.close();
    await sessionStore.close();
  });
  const begin: RealClient['begin'] = async () => {
    const { url, checks } = await provider.createAuthorizationRequest({});
    const browser = createBrowser();
    await browser.visit(url);
    const { url: callback } = await browser.submit({ button: 'Ada Lovelace' });
    const answer = new URL(callback).searchParams;
    return { answer, finish: (parameters = answer) => provider.completeLogin({ parameters, checks }, log) };
  };
  return { provider, begin, login: async () => (await begin()).finish() };
};
