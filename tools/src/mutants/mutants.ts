import { requirements } from '@foyer/doctor/requirements';
import { promises } from '../conformance/conformance-page.ts';
import { relyingPartyModules } from '../conformance/relying-party-modules.ts';
import type { Edit, Mutant } from './mutant.ts';
import { ofCodeFlowModules } from './of-code-flow-modules.ts';
import { ofFapi2Modules } from './of-fapi2-modules.ts';
import { ofRequests } from './of-requests.ts';
import { ofRequirements } from './of-requirements.ts';
import { ofSessions } from './of-sessions.ts';
import { ofSigningIn } from './of-signing-in.ts';

const moduleEdits = (module: string): readonly Edit[] =>
  (module.startsWith('oidcc')
    ? ofCodeFlowModules[module.replace('oidcc-client-test', '')]
    : ofFapi2Modules[module.replace('fapi2-security-profile-final-client-test-', '')]) ?? [];

/** One for each module that docs/conformance.md names. */
const ofModules: readonly Mutant[] = relyingPartyModules.flatMap(({ module, test }) => {
  const [first, ...and] = moduleEdits(module);
  return first === undefined ? [] : [{ ...first, and, test }];
});

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
