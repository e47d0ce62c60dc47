import type { TestReference } from '@foyer/doctor/requirements';

/** What must hold, in a sentence or two, and the tests that show it. */
interface Promised {
  readonly text: string;
  readonly tests: readonly TestReference[];
}

/** Promises about one thing. */
export interface PromisedOf {
  readonly title: string;
  readonly promises: readonly Promised[];
}
