import type { BffOptions } from '@foyer/fastify';
import type { Parser } from '../parsers.ts';

/** One variable of the environment. */
export interface Variable<T> {
  /** Its text when nothing is set; `undefined` when there is none. */
  readonly fallback?: string;
  /** The default in words, where `fallback` does not say it. */
  readonly otherwise?: string;
  readonly meaning: string;
  /** The option of `bff` that it feeds; none when it is the application's own. */
  readonly option?: keyof BffOptions;
  /** Other names that are accepted. */
  readonly aliases?: readonly string[];
  readonly isRequired?: boolean;
  readonly parse: Parser<T>;
}

/** One entry of a table. */
export const variable = <T>(parse: Parser<T>, facts: Omit<Variable<T>, 'parse'>): Variable<T> => ({
  ...facts,
  parse,
});
