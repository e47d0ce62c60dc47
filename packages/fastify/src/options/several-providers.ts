import { z } from 'zod';
import { clientOptions } from './client-options.ts';
import { check, type OptionIssue, option, optionIssues, type Refuse } from './option.ts';
import { providerOptions } from './provider-options.ts';

/** The id of the provider where there is one alone. */
export const onlyId = 'default';

const ownOptions: ReadonlySet<string> = new Set([
  ...Object.keys(providerOptions),
  ...Object.keys(clientOptions),
]);

const provider = z.looseObject({
  /** Names it in addresses, log lines and metrics: lower-case letters, digits and hyphens. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/),
  /** What people read on the page that lets them choose. Default: `id`. */
  label: z.string().min(1).max(100).optional(),
  /** Domains of e-mail addresses whose people sign in there, without being asked. Default: none. */
  domains: z
    .array(z.string().regex(/^[a-z0-9.-]+$/))
    .readonly()
    .optional(),
});

type GivenProvider = Readonly<z.output<typeof provider>>;

const keys: readonly string[] = ['id', 'label', 'domains', ...ownOptions];

const isDoubled = (values: readonly string[]): boolean => new Set(values).size !== values.length;

const checkProviders = (providers: readonly GivenProvider[], refuse: Refuse): void => {
  if (providers.length === 0) refuse('is empty', 'Leave it out, or name a provider.');
  const ids = providers.map(({ id }) => id);
  if (ids.includes(onlyId)) refuse(`holds the id ${onlyId}`, 'Choose another id.');
  if (isDoubled(ids)) refuse('holds one id twice', 'Give each provider an id of its own.');
  const domains = providers.flatMap((each) => each.domains ?? []);
  if (isDoubled(domains)) refuse('holds one domain twice', 'Leave it with one of the providers.');
  const clients = providers.map(({ issuer, clientId }) => JSON.stringify([issuer, clientId]));
  if (isDoubled(clients)) refuse('holds one client of one issuer twice', 'Leave one of them out.');
  for (const { id, ...others } of providers) {
    const unknown = Object.keys(others).filter((name) => !keys.includes(name));
    if (unknown.length > 0)
      refuse(`${id}: has a key that is not known: ${unknown.join(', ')}`, `The keys are ${keys.join(', ')}.`);
  }
};

/** More than one provider to sign in with. */
export const severalProviders = {
  /**
   * Several providers, an array in place of `issuer` and `clientId`:
   * `[{"id":"staff","label":"Staff","issuer":"https://login.example","clientId":"app","clientSecret":"…","domains":["example.com"]}]`;
   * more keys are other options of that provider. What an entry leaves out is as it is set for all, except the secret.
   * Default: none.
   */
  providers: option('PROVIDERS', z.array(provider).readonly().superRefine(check(checkProviders)).optional(), {
    form: 'json',
    remedy: 'See docs/several-providers.md.',
  }),
} as const;

type Given = Readonly<Record<string, unknown>>;

/** Options of one provider, with what follows from them; and the mistakes in them. */
interface Examined<Data> {
  readonly data: Data | undefined;
  readonly issues: readonly OptionIssue[];
}

/** Each provider with its own options and those that are common to all, and every mistake. */
interface ExaminedProviders<Data> {
  readonly each: readonly (Pick<GivenProvider, 'id' | 'label' | 'domains'> & Pick<Examined<Data>, 'data'>)[];
  readonly issues: readonly OptionIssue[];
}

/** Whether a mistake is one provider's: in what it has of its own, or lacks. */
const isOwn = ({ option }: OptionIssue, own: Given, common: Given): boolean =>
  ownOptions.has(option) && (own[option] !== undefined || common[option] === undefined);

/** A mistake of one provider is reported under `providers`, a mistake that is common to all under its own option. */
const ofProvider = (id: string, { option, problem, remedy }: OptionIssue): OptionIssue => ({
  option: 'providers',
  problem: `${id}: ${option} ${problem}`,
  remedy,
});

/** Examines the providers that options name: the one alone, or each of several as if it were the only one. */
export const examineProviders = <Data>(
  { providers, ...given }: Given,
  examineOne: (given: Given) => Examined<Data>,
): ExaminedProviders<Data> => {
  if (providers === undefined) {
    const { data, issues } = examineOne(given);
    return { each: [{ id: onlyId, data }], issues };
  }
  // A secret goes to the provider that it stands beside.
  const { clientSecret: _secret, ...common } = given;
  const { data, error } = z.object(severalProviders).safeParse({ providers }, { reportInput: true });
  if (error !== undefined) {
    const others = examineOne(common).issues.filter((issue) => !isOwn(issue, {}, common));
    return { each: [], issues: [...optionIssues(error, severalProviders), ...others] };
  }
  const issues = new Map<string, OptionIssue>();
  const each = (data.providers ?? []).map(({ id, label, domains, ...own }) => {
    const examined = examineOne({ ...common, ...own });
    for (const found of examined.issues) {
      const issue = isOwn(found, own, common) ? ofProvider(id, found) : found;
      issues.set(JSON.stringify(issue), issue);
    }
    return { id, label, domains, data: examined.data };
  });
  return { each, issues: [...issues.values()] };
};
