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

const checkTwice = (values: readonly string[], refuse: () => void): void => {
  if (new Set(values).size !== values.length) refuse();
};

const checkProviders = (providers: readonly GivenProvider[], refuse: Refuse): void => {
  if (providers.length === 0) refuse('is empty', 'Leave it out, or name a provider.');
  const ids = providers.map(({ id }) => id);
  if (ids.includes(onlyId)) refuse(`holds the id ${onlyId}`, 'Choose another id.');
  checkTwice(ids, () => refuse('holds one id twice', 'Give each provider an id of its own.'));
  const domains = providers.flatMap((each) => each.domains ?? []);
  checkTwice(domains, () => refuse('holds one domain twice', 'Leave it with one of the providers.'));
  const clients = providers.map(({ issuer, clientId }) => JSON.stringify([issuer, clientId]));
  checkTwice(clients, () => refuse('holds one client of one issuer twice', 'Leave one of them out.'));
  for (const { id, ...others } of providers) {
    const unknown = Object.keys(others).filter((name) => !keys.includes(name));
    if (unknown.length > 0)
      refuse(`${id}: has a key that is not known: ${unknown.join(', ')}`, `The keys are ${keys.join(', ')}.`);
  }
};

/** More than one provider to sign in with. */
export const severalProviders = {
  /**
   * Several providers, in place of `issuer` and `clientId`:
   * `[{"id":"staff","label":"Staff","issuer":"https://login.example","clientId":"app","clientSecret":"…","domains":["example.com"]}]`;
   * the other options of one, all but its secret, are the defaults of each, and more keys are its own.
   */
  providers: option('PROVIDERS', z.array(provider).readonly().superRefine(check(checkProviders)).optional(), {
    form: 'json',
    remedy: 'See docs/several-providers.md.',
  }),
} as const;

type Given = Readonly<Record<string, unknown>>;

interface Examined<Data> {
  readonly data: Data | undefined;
  readonly issues: readonly OptionIssue[];
}

/** Examines options of one provider. */
export type ExamineOne<Data> = (given: Given) => Examined<Data>;

/** What was examined: each provider with its own options and those that are common to all, and every mistake. */
export interface ExaminedProviders<Data> {
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

const withoutRepeats = (issues: readonly OptionIssue[]): readonly OptionIssue[] => [
  ...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values(),
];

/** Examines each of several providers as if it were the only one. A secret goes to the provider that it stands beside. */
const examineEach = <Data>(
  { providers, clientSecret: _secret, ...common }: Given,
  examineOne: ExamineOne<Data>,
): ExaminedProviders<Data> => {
  const { data, error } = z.object(severalProviders).safeParse({ providers }, { reportInput: true });
  if (error !== undefined) {
    const others = examineOne(common).issues.filter((issue) => !isOwn(issue, {}, common));
    return { each: [], issues: [...optionIssues(error, severalProviders), ...others] };
  }
  const examined = (data.providers ?? []).map(({ id, label, domains, ...own }) => {
    const { data: complete, issues } = examineOne({ ...common, ...own });
    return {
      each: { id, label, domains, data: complete },
      issues: issues.map((issue) => (isOwn(issue, own, common) ? ofProvider(id, issue) : issue)),
    };
  });
  return {
    each: examined.map(({ each }) => each),
    issues: withoutRepeats(examined.flatMap(({ issues }) => issues)),
  };
};

/** Examines the providers that options name: several, or the one alone. */
export const examineProviders = <Data>(
  given: Given,
  examineOne: ExamineOne<Data>,
): ExaminedProviders<Data> => {
  if (given.providers !== undefined) return examineEach(given, examineOne);
  const { data, issues } = examineOne(given);
  return { each: [{ id: onlyId, label: onlyId, domains: [], data }], issues };
};
