import type { FastifyBaseLogger } from 'fastify';
import type { Observe } from '../logging/observation.ts';
import {
  type ConfiguredProvider,
  type OptionIssue,
  OptionsError,
  onlyId,
  type ResolvedOptions,
} from '../options.ts';
import { Problem } from '../problems.ts';
import { readClaims } from './json-object.ts';
import { createProvider, type LogoutToken, LogoutTokenInvalid, type Provider } from './provider.ts';

/** A provider of the configuration, and the way to speak to it. */
export interface RegisteredProvider extends ConfiguredProvider {
  /** Its id for log lines and metrics; `undefined` where there is one alone. */
  readonly name: string | undefined;
  readonly provider: Provider;
}

/** The providers to sign in with; most often one. */
export interface Providers
  extends Pick<
    Provider,
    'warmUp' | 'isDiscovered' | 'createDpopProof' | 'publicKeys' | 'tlsIdentity' | 'close'
  > {
  readonly all: readonly RegisteredProvider[];
  /** The provider with this id; `undefined` when there is none. */
  readonly find: (id: string | undefined) => RegisteredProvider | undefined;
  /** The provider of a session, of a pending login or of a token. @throws Error when the configuration has none. */
  readonly of: (owner: { readonly provider: string }) => RegisteredProvider;
  /** The provider whose `domains` the e-mail address belongs to. */
  readonly findByAddress: (address: string | undefined) => RegisteredProvider | undefined;
  /** @throws OptionsError with everything that a provider that answers lacks for its `profile`. */
  readonly requireProfile: () => Promise<void>;
  /** The origins of every end-session endpoint that is known, for `form-action`. */
  readonly endSessionOrigins: () => string | undefined;
  /** Verifies a logout token by the provider that it says to be from. @throws LogoutTokenInvalid with a reason that may be shown. */
  readonly verifyLogoutToken: (token: string) => Promise<LogoutToken>;
}

/** The first good verdict; a provider in trouble is reported before a token that no other one has issued. */
const verifyByOneOf = async (
  providers: readonly RegisteredProvider[],
  token: string,
): Promise<LogoutToken> => {
  let trouble: unknown = new LogoutTokenInvalid('the token is of no provider of this configuration');
  for (const { provider } of providers) {
    try {
      return await provider.verifyLogoutToken(token);
    } catch (error) {
      if (!(error instanceof LogoutTokenInvalid || error instanceof Problem)) throw error;
      if (!(trouble instanceof Problem)) trouble = error;
    }
  }
  throw trouble;
};

const nameProvider = (observe: Observe | undefined, provider: string): Observe | undefined =>
  observe && ((seen) => observe({ ...seen, provider }));

const findProfileIssues = async ({
  name,
  options: { profile },
  provider,
}: RegisteredProvider): Promise<readonly OptionIssue[]> =>
  (await provider.profileGaps()).map((gap): OptionIssue => {
    const problem = `${profile} needs ${gap}, which the provider does not announce`;
    const remedy = 'Switch it on at the provider, or leave the profile out.';
    return name === undefined
      ? { option: 'profile', problem, remedy }
      : { option: 'providers', problem: `${name}: profile ${problem}`, remedy };
  });

const domainOf = (address: string | undefined): string | undefined =>
  /@([^@]+)$/.exec(address ?? '')?.[1]?.toLowerCase();

/** Makes the providers of a configuration. */
export const createProviders = (options: ResolvedOptions, log: FastifyBaseLogger): Providers => {
  const all: readonly RegisteredProvider[] = options.providers.map((each) => {
    if (each.id === onlyId) return { ...each, name: undefined, provider: createProvider(each.options, log) };
    const own = { ...each.options, observe: nameProvider(each.options.observe, each.id) };
    const provider = createProvider(own, log.child({ provider: each.id }));
    return { ...each, options: own, name: each.id, provider };
  });
  const find: Providers['find'] = (id) => all.find((each) => each.id === id);
  const of: Providers['of'] = ({ provider }) => {
    const found = find(provider);
    if (found === undefined) throw new Error(`There is no provider ${provider}`);
    return found;
  };
  const { provider: own } = of({ provider: options.providerId });
  return {
    all,
    find,
    of,
    findByAddress: (address) => {
      const domain = domainOf(address);
      return domain === undefined ? undefined : all.find(({ domains }) => domains.includes(domain));
    },
    warmUp: () => {
      for (const { provider } of all) provider.warmUp();
    },
    isDiscovered: async () =>
      (await Promise.all(all.map(({ provider }) => provider.isDiscovered()))).includes(true),
    requireProfile: async () => {
      // Nothing is loaded, and no provider asked, for those without a profile.
      const held = all.filter((each) => each.options.profile !== undefined);
      const issues = (await Promise.all(held.map(findProfileIssues))).flat();
      if (issues.length > 0) throw new OptionsError(issues);
    },
    endSessionOrigins: () => {
      // Asked for at every answer, and most often there is one.
      if (all.length === 1) return all[0]?.provider.endSessionOrigin();
      const origins = new Set(all.flatMap(({ provider }) => provider.endSessionOrigin() ?? []));
      return origins.size === 0 ? undefined : [...origins].join(' ');
    },
    verifyLogoutToken: (token) => {
      // Unverified: the issuer chooses whose keys the token is verified with.
      const iss = String(readClaims(token)?.iss);
      const claimed = all.filter(({ provider }) => provider.issuers().includes(iss));
      return verifyByOneOf(claimed.length > 0 ? claimed : all, token);
    },
    createDpopProof: own.createDpopProof,
    publicKeys: () => ({ keys: all.flatMap(({ provider }) => provider.publicKeys().keys) }),
    tlsIdentity: own.tlsIdentity,
    close: async () => {
      await Promise.all(all.map(({ provider }) => provider.close()));
    },
  };
};
