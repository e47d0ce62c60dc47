import type { TestReference } from '@foyer/doctor/test-reference';

/** One line of the product that breaks a rule, and the test that has to fail then. */
export interface Mutant {
  /** Path below `packages/fastify/src`; a text that has moved is looked for in the other files. */
  readonly file: string;
  /** A text that occurs once in the file. */
  readonly find: string;
  readonly replace: string;
  /** One of the tests that docs/conformance.md names for the rule. */
  readonly test: TestReference;
}
