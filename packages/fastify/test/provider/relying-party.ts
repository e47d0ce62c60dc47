import { randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import type { BffOptions } from '../../src/options.ts';
import { resolveOptions } from '../../src/options.ts';
import { Problem } from '../../src/problems.ts';
import { type CompletedLogin, createProvider, type Provider } from '../../src/provider/provider.ts';
import { openMemoryStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { type Bends, type BentProvider, startBentProvider } from './bent-provider.ts';

/** The provider part of the BFF beside a bent provider. */
export interface RelyingParty {
  readonly bent: BentProvider;
  readonly provider: Provider;
  /** Every line logged, parsed. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** A whole login, the browser's part left out; `more` is in the authorization response beside `code` and `state`. */
  readonly login: (more?: Readonly<Record<string, string>>) => Promise<CompletedLogin>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Starts a bent provider and the part of the BFF that speaks to it. */
export const startRelyingParty = async (
  bends: Bends = {},
  given: Partial<BffOptions> | ((issuer: string) => Partial<BffOptions>) = {},
): Promise<RelyingParty> => {
  const bent = await startBentProvider(bends);
  const sessionStore = openMemoryStore();
  const lines: Readonly<Record<string, unknown>>[] = [];
  const { log } = Fastify({ logger: { stream: { write: (line: string) => lines.push(JSON.parse(line)) } } });
  const options = resolveOptions({
    issuer: bent.issuer,
    clientId: bent.clientId,
    clientSecret: bent.clientSecret,
    publicUrl: 'http://localhost:3000',
    sessionKeys: [randomBytes(32).toString('base64')],
    sessionStore,
    clock: () => bent.clock.now,
    ...(typeof given === 'function' ? given(bent.issuer) : given),
  });
  const provider = createProvider(options, log);
  return {
    bent,
    provider,
    log: lines,
    login: async (more = {}) => {
      const { checks } = await provider.createAuthorizationRequest({});
      bent.nonce = checks.nonce;
      const parameters = new URLSearchParams({ code: 'code-1', state: checks.state, ...more });
      return provider.completeLogin({ parameters, checks }, log);
    },
    [Symbol.asyncDispose]: async () => {
      await provider.close();
      await sessionStore.close();
      await bent[Symbol.asyncDispose]();
    },
  };
};

/** The code of the problem that `attempt` ends with; anything else that happens is its own text. */
export const problemCode = async (attempt: Promise<unknown>): Promise<string> => {
  const problem = await problemOf(attempt);
  return problem instanceof Problem ? problem.code : String(problem);
};

/** What `attempt` is rejected with, or `it was accepted`. */
export const problemOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'it was accepted',
    (error: unknown) => error,
  );
