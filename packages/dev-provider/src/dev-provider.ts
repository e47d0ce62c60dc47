import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import Provider from 'oidc-provider';
import { createConfiguration } from './configuration.ts';
import { type DevProviderOptions, developmentClient } from './options.ts';
import { type Person, people } from './people.ts';
import { addTokenExchange, audiencesOf } from './resource-servers.ts';
import { addPages } from './sign-in.ts';
import { openStorage } from './storage.ts';

/** A running development provider. */
export interface DevProvider {
  readonly issuer: string;
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly people: readonly Person[];
  /** The library's own object, for its events (`backchannel.success`, `grant.revoked`, …). */
  readonly provider: Provider;
  /** Ends every connection and stops listening. */
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
      else reject(new Error('The development provider has no port. Choose another one.'));
    });
  });
}

function report(provider: Provider, log: (line: string) => void): void {
  provider.on('backchannel.error', (_ctx, error) => log(`back-channel logout failed: ${error.message}`));
  provider.on('server_error', (_ctx, error) => log(`provider error: ${error.message}`));
}

/**
 * Starts an OpenID provider for development and tests: the real protocol, no passwords. Throws when the port is
 * taken, the data file cannot be used or the library refuses an option.
 */
export async function startDevProvider(options: DevProviderOptions): Promise<DevProvider> {
  const { host = '127.0.0.1', log = () => undefined, configure = (base) => base } = options;
  let answer: ((request: IncomingMessage, response: ServerResponse) => unknown) | undefined;
  const server = createServer((request, response) => answer?.(request, response));
  const port = await listen(server, options.port ?? 0, host);
  const storage = openStorage(options.dataFile);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        storage.close();
        resolve();
      });
      server.closeAllConnections();
    });
  const issuer = options.issuer ?? `http://${host}:${port}`;
  const provider = new Provider(issuer, configure(createConfiguration(options, storage.openModel)));
  addPages(provider);
  const audiences = audiencesOf(options);
  if (audiences.length > 0) addTokenExchange(provider, audiences);
  report(provider, log);
  answer = provider.callback();
  return {
    issuer,
    port,
    clientId: options.clientId ?? developmentClient.clientId,
    clientSecret: options.clientSecret ?? developmentClient.clientSecret,
    people,
    provider,
    close,
    [Symbol.asyncDispose]: close,
  };
}
