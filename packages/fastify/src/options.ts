import { z } from 'zod';
import type { Observe } from './logging/observation.ts';
import { apiOptions } from './options/api-options.ts';
import { applyProfile, clientIssues } from './options/client-issues.ts';
import { clientOptions } from './options/client-options.ts';
import {
  type DeclaredOption,
  declaredOptions,
  functionOf,
  type OptionIssue,
  OptionsError,
  optionIssues,
} from './options/option.ts';
import { pageOptions } from './options/page-options.ts';
import { providerOptions } from './options/provider-options.ts';
import { duration } from './options/quantities.ts';
import { type LoginDecision, sessionOptions, type VerifiedLogin } from './options/session-options.ts';
import { examineProviders, onlyId, severalProviders } from './options/several-providers.ts';

export { type ApiRoute, anyMethod, maxTargetTokens, type RouteToken } from './options/api-options.ts';
export {
  type DeclaredOption,
  declaredOptions,
  kinds,
  type OptionIssue,
  OptionsError,
  option,
  optionIssues,
} from './options/option.ts';
export type { SpaSource } from './options/page-options.ts';
export { asymmetricAlgorithms } from './options/provider-options.ts';
export { duration, formatDuration, formatSize, parseDuration } from './options/quantities.ts';
export { onlyId } from './options/several-providers.ts';
export { isHttpUrl, isLoopbackHost } from './options/urls.ts';

/** Options that only code gives: no environment variable sets them. */
const codeOptions = {
  /**
   * How long a closing server still takes requests at most, until the load balancer that asks `/readyz` sends no more. Needs
   * `return503OnClosing: false`, as `createServerOptions` sets it. Seconds, or a text such as `5s`. Default 0.
   */
  drainTimeout: duration(0, 3600).default(0),
  /** Receives what happens, for metrics and traces. Default: nothing is measured. */
  observe: functionOf<Observe>().optional(),
  /** Fastify's own option: the path below which the routes are added. It has to be the path of `publicUrl`. Default: that path. */
  prefix: z.string().exactOptional(),
  /** Milliseconds since the epoch, for tests. Default `Date.now`. */
  clock: functionOf<() => number>().default(() => Date.now),
} as const;

/** Every option, once. */
const shape = {
  ...providerOptions,
  ...clientOptions,
  ...severalProviders,
  ...pageOptions,
  ...sessionOptions,
  ...apiOptions,
  ...codeOptions,
} as const;
const schema = z.strictObject(shape);

/** Written out, and not as zod infers it, so that editors show the doc comments of the options. */
type Shape = typeof providerOptions &
  typeof clientOptions &
  typeof severalProviders &
  typeof pageOptions &
  typeof sessionOptions &
  typeof apiOptions &
  typeof codeOptions;

type Given = { readonly [Name in keyof Shape]: z.input<Shape[Name]> };

/** The others may be left out; `issuer` and `clientId` where `providers` names several. */
type Needed = 'publicUrl' | 'sessionKeys' | 'sessionStore';

/** Options of the `bff` plugin. Durations are seconds or texts such as `30m`, sizes are bytes or texts such as `10mb`. */
export interface BffOptions<Claims = unknown>
  extends Pick<Given, Needed>,
    Partial<Omit<Given, Needed | 'onLogin'>> {
  /**
   * Decides about every finished sign-in: may refuse it with a reason for the log, add to or hide from what the browser is
   * shown, and name where it goes. What it throws is a 500, and there is no session.
   */
  // A method, whose parameter may be narrower: the plugin takes options of any claims.
  onLogin?(login: VerifiedLogin<Claims>): Promise<LoginDecision | undefined>;
}

/** The options with every default filled in and every value checked. Durations are seconds, sizes are bytes. */
export interface ResolvedOptions extends Readonly<Omit<z.output<typeof schema>, 'providers'>> {
  /** Whether `publicUrl` is https. */
  readonly isSecure: boolean;
  /** The origin of `publicUrl`. */
  readonly publicOrigin: string;
  /** The path of `publicUrl`, without a slash at its end: `/app`, or nothing. */
  readonly basePath: string;
  /** The provider that these options name: its `id` among several, `default` where there is one alone. */
  readonly providerId: string;
  /** Every provider with all of its options; the others of these options are those of the first. */
  readonly providers: readonly ConfiguredProvider[];
}

/** A provider to sign in with. */
export interface ConfiguredProvider {
  readonly id: string;
  /** What people read where they choose. */
  readonly label: string;
  /** Domains of e-mail addresses whose people sign in there. */
  readonly domains: readonly string[];
  readonly options: ResolvedOptions;
}

/** How the client proves its identity at the provider. @see OpenID Connect Core section 9 */
export type ClientAuth = NonNullable<BffOptions['clientAuth']>;

/** Every option that a variable of the environment sets, in the order of the documentation. */
export const pluginOptions: readonly DeclaredOption[] = declaredOptions(shape);

const completed = schema.transform(({ providers: _providers, ...data }, context) => {
  const { origin, pathname, protocol } = new URL(data.publicUrl);
  const basePath = pathname.replace(/\/$/, '');
  const prefix = (data.prefix ?? '').replace(/\/$/, '');
  // Another prefix than the path of the public URL would put the routes where no address of ours leads.
  if (prefix !== '' && prefix !== basePath) {
    const message = `is ${prefix}, and the path of publicUrl is ${basePath || '/'}`;
    const remedy = `Set publicUrl to ${origin}${prefix}, or leave prefix out.`;
    context.addIssue({ code: 'custom', path: ['prefix'], message, params: { remedy } });
  }
  return { ...applyProfile(data), isSecure: protocol === 'https:', publicOrigin: origin, basePath };
});

const examine = (options: unknown) =>
  examineProviders(typeof options === 'object' && options !== null ? { ...options } : {}, (given) => {
    const { data, error } = completed.safeParse(given, { reportInput: true });
    return { data, issues: [...optionIssues(error, shape), ...clientIssues(given)] };
  });

/** Every mistake in the options, each under its own option; empty when there is none. */
export const checkOptions = (options: unknown): readonly OptionIssue[] => examine(options).issues;

/** Whether `providers` names the provider, or several. */
export const isSeveral = ({ providerId }: Pick<ResolvedOptions, 'providerId'>): boolean =>
  providerId !== onlyId;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws OptionsError with every mistake at once.
 */
export const resolveOptions = (options: BffOptions): ResolvedOptions => {
  const { each, issues } = examine(options);
  const providers = each.flatMap(({ id, label = id, domains = [], data }) =>
    data === undefined ? [] : [{ id, label, domains, options: { ...data, providerId: id, providers: [] } }],
  );
  const [first] = providers;
  if (first === undefined || issues.length > 0) throw new OptionsError(issues);
  return { ...first.options, providers };
};
