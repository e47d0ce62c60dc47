import { requirements } from '@foyer/doctor/requirements';
import { promises } from '../conformance/conformance-page.ts';
import { relyingPartyModules } from '../conformance/relying-party-modules.ts';
import type { Mutant } from './mutant.ts';
import { ofModules } from './of-modules.ts';
import { ofRequests } from './of-requests.ts';
import { ofRequirements } from './of-requirements.ts';
import { ofSessions } from './of-sessions.ts';
import { ofSigningIn } from './of-signing-in.ts';

/** Every mutant. */
export const mutants: readonly Mutant[] = [
  ...ofSigningIn,
  ...ofSessions,
  ...ofRequests,
  ...ofRequirements,
  ...ofModules,
];

/** The rows of docs/conformance.md, with the tests that each names. */
const rows = [
  ...promises.flatMap((group) => group.promises),
  ...requirements.map(({ text, test }) => ({ text, tests: [test] })),
  ...relyingPartyModules.map(({ module, test }) => ({ text: module, tests: [test] })),
];

/** The rows of docs/conformance.md of which no mutant is tried. */
export const rowsWithoutMutant: readonly string[] = rows
  .filter(({ tests }) => !mutants.some(({ test }) => tests.includes(test)))
  .map(({ text }) => text);
