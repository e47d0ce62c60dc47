import { z } from 'zod';

/** How the text of an environment variable is written. Durations and sizes are understood by their options as text. */
type TextForm =
  | 'text'
  | 'duration'
  | 'size'
  | 'list'
  | 'number'
  | 'boolean'
  | 'query'
  | 'json'
  /** A text, or with `NAME_FILE` the file itself, which is read again when it changes. */
  | 'source';

/** What the kind of a schema says of every option that has it. */
interface Kind {
  /** How the variable's text is written. Default `text`. */
  readonly form?: TextForm;
  /** What to do about a bad value, unless its check says something more precise. */
  readonly remedy: string;
}

/** What documentation and the environment reader need to know of an option beside its schema. */
export interface OptionFacts extends Kind {
  /** Environment variable that the application reads it from. */
  readonly variable: string;
  /** Other names of that variable that are accepted. */
  readonly aliases?: readonly string[];
  /** One sentence for the documentation, without a full stop. */
  readonly meaning: string;
  /** The application's default for an option that the plugin requires. */
  readonly fallback?: string;
  /** The default in words, where no fixed value is one. */
  readonly defaultInWords?: string;
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

const kinds = z.registry<Kind>();
const registry = z.registry<OptionFacts>();

/** Says of a schema how every option that has it is written. */
export const kind = <Schema extends z.ZodType>(schema: Schema, { form, remedy }: Required<Kind>): Schema => {
  kinds.add(schema, { form, remedy });
  return schema;
};

const listWords = (words: readonly (string | number)[]): string =>
  words.join(', ').replace(/, ([^,]+)$/, ' or $1');

const kindOf = (schema: z.core.$ZodType, end = '.'): Kind | undefined => {
  if (schema instanceof z.ZodOptional) return kindOf(schema.unwrap(), ', or leave it out.');
  if (schema instanceof z.ZodDefault) return kindOf(schema.unwrap(), end);
  if (schema instanceof z.ZodBoolean) return { form: 'boolean', remedy: 'Give true or false.' };
  if (schema instanceof z.ZodEnum) return { remedy: `Use ${listWords(schema.options)}${end}` };
  return kinds.get(schema);
};

/**
 * Declares an option: its schema (type, default, check) together with its variable and what is said of it. A switch, one of
 * several words, and what `kind` has made know by themselves how they are written.
 */
export const option = <Schema extends z.ZodType>(
  schema: Schema,
  facts: Omit<OptionFacts, 'remedy'> & Partial<Kind>,
): Schema => {
  registry.add(schema, { remedy: 'Give a value of the documented type.', ...kindOf(schema), ...facts });
  return schema;
};

/** The options of a shape that a variable of the environment sets, in the order of their declaration. */
export const declaredOptions = (shape: OptionShape): readonly DeclaredOption[] =>
  Object.entries(shape).flatMap(([name, schema]) => {
    const facts = registry.get(schema);
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
