import type { TestReference } from '@foyer/doctor/requirements';

/** A change of one line of the product. */
export interface Edit {
  /** Path below `packages/fastify/src`; a text that has moved is looked for in the other files. */
  readonly file: string;
  /** A text that occurs once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A change of the product that breaks a rule, and the test that has to fail then. */
export interface Mutant extends Edit {
  /** Further edits, where a second check of the product or of a library holds the same rule. */
  readonly and?: readonly Edit[];
  /** One of the tests that docs/conformance.md names for the rule. */
  readonly test: TestReference;
}
