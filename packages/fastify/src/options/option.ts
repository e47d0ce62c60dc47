import { z } from 'zod';

/**
 * How the text of an environment variable is written. Durations and sizes are understood by their options as text; a `source`
 * is a text, or with `NAME_FILE` the file itself, which is read again when it changes.
 */
type TextForm = 'text' | 'duration' | 'size' | 'list' | 'number' | 'boolean' | 'query' | 'json' | 'source';

/** What the kind of a schema says of every option that has it. */
interface Kind {
  /** How the variable's text is written. Default `text`. */
  readonly form?: TextForm;
  /** What to do about a bad value, unless its check says something more precise. */
  readonly remedy: string;
}

/** What documentation and the environment reader know of an option beside its schema and its doc comment. */
export interface OptionFacts extends Kind {
  /** Environment variable that the application reads it from. */
  readonly variable: string;
  /** Other names of that variable that are accepted. */
  readonly aliases?: readonly string[];
  /** The application's default for an option that the plugin requires. */
  readonly fallback?: string;
}

/** An option as documentation and the environment reader see it. */
export interface DeclaredOption {
  /** Name of the option. */
  readonly option: string;
  readonly facts: OptionFacts;
  /** Default of the schema; `undefined` when it has none. */
  readonly defaultValue: unknown;
}

/** Named schemas. */
export type OptionShape = Readonly<Record<string, z.ZodType>>;

/** What is registered of a schema holds for every option that has it. */
export const kinds = z.registry<Kind & { readonly form: TextForm }>();
const declarations = z.registry<OptionFacts>();

const listWords = (words: readonly (string | number)[]): string =>
  words.join(', ').replace(/, ([^,]+)$/, ' or $1');

const kindOf = (schema: z.core.$ZodType, end = '.'): Kind | undefined => {
  if (schema instanceof z.ZodOptional) return kindOf(schema.unwrap(), ', or leave it out.');
  if (schema instanceof z.ZodDefault) return kindOf(schema.unwrap(), end);
  if (schema instanceof z.ZodBoolean) return { form: 'boolean', remedy: 'Give true or false.' };
  if (schema instanceof z.ZodEnum) return { remedy: `Use ${listWords(schema.options)}${end}` };
  return kinds.get(schema);
};

const anyRemedy = 'Give a value of the documented type.';

/**
 * Declares an option: its variable, its schema (type, default, check) and how the variable is written, where that does not
 * follow from the schema. The doc comment above it is its meaning, in the editor and in docs/configuration.md.
 */
export const option = <Schema extends z.ZodType>(
  variable: string,
  schema: Schema,
  facts: Partial<Omit<OptionFacts, 'variable'>> = {},
): Schema => {
  const declared = schema.clone(); // Two options may have one schema.
  declarations.add(declared, { remedy: anyRemedy, ...kindOf(schema), ...facts, variable });
  return declared;
};

/** The options of a shape that a variable of the environment sets, in the order of their declaration. */
export const declaredOptions = (shape: OptionShape): readonly DeclaredOption[] =>
  Object.entries(shape).flatMap(([name, schema]) => {
    const facts = declarations.get(schema);
    const defaultValue = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
    return facts === undefined ? [] : [{ option: name, facts, defaultValue }];
  });

/** Reports a problem with the value under examination; `remedy` says what to do, where the option's own does not. */
export type Refuse = (problem: string, remedy?: string) => void;

/** Makes a zod check of a function that reports problems. */
export const check =
  <Value>(examine: (value: Value, refuse: Refuse) => void) =>
  (value: Value, context: z.RefinementCtx): void =>
    examine(value, (message, remedy) =>
      context.addIssue({ code: 'custom', message, ...(remedy !== undefined && { params: { remedy } }) }),
    );

/** The schema of a text that passes an examination. */
export const text = (examine: (value: string, refuse: Refuse) => void): z.ZodString =>
  z.string().superRefine(check(examine));

/** The schema of a function, which only code gives. */
export const functionOf = <Value>(): z.ZodCustom<Value, Value> =>
  z.custom<Value>((value) => typeof value === 'function', 'is not a function');

/** One mistake in the options. */
export interface OptionIssue {
  /** Name of the option; a name that no option has when it is misspelt. */
  readonly option: string;
  /** What is wrong; never the value of a secret. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
}

const describe = (issue: z.core.$ZodIssue): string => {
  const isOurs = issue.code === 'custom' || !issue.message.startsWith('Invalid ');
  if (isOurs && issue.code !== 'unrecognized_keys') return issue.message;
  if (issue.code === 'unrecognized_keys') return `has a key that is not known: ${issue.keys.join(', ')}`;
  if (issue.path.length > 1) return `is not valid at ${issue.path.slice(1).join('.')}`;
  return issue.input === undefined ? 'is missing' : 'is not valid';
};

const remedyOf = (issue: z.core.$ZodIssue, shape: OptionShape): string => {
  const given: unknown = issue.code === 'custom' ? issue.params?.remedy : undefined;
  if (typeof given === 'string') return given;
  const schema = shape[String(issue.path[0])];
  return (schema && declarations.get(schema)?.remedy) ?? anyRemedy;
};

/** Turns an error of an object's schema into one issue an option, each with what to do about it. */
export const optionIssues = (error: z.ZodError | undefined, shape: OptionShape): readonly OptionIssue[] =>
  (error?.issues ?? []).flatMap((issue): readonly OptionIssue[] => {
    const [first] = issue.path;
    if (first !== undefined)
      return [{ option: String(first), problem: describe(issue), remedy: remedyOf(issue, shape) }];
    if (issue.code !== 'unrecognized_keys') return [];
    const remedy = `Check the spelling. The options are ${Object.keys(shape).join(', ')}.`;
    return issue.keys.map((option) => ({ option, problem: 'is not an option of Foyer', remedy }));
  });

/** Thrown at start with every mistake at once. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
  readonly issues: readonly OptionIssue[];

  constructor(issues: readonly OptionIssue[]) {
    super(issues.map(({ option, problem, remedy }) => `${option}: ${problem}. ${remedy}`).join('\n'));
    this.issues = issues;
  }
}
