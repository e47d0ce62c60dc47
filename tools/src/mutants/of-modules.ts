import { relyingPartyModules } from '../conformance/relying-party-modules.ts';
import type { Edit, Mutant } from './mutant.ts';
import { ofCodeFlowModules } from './of-code-flow-modules.ts';
import { ofFapi2Modules } from './of-fapi2-modules.ts';

const editsOf = (module: string): readonly Edit[] =>
  (module.startsWith('oidcc')
    ? ofCodeFlowModules[module.replace('oidcc-client-test', '')]
    : ofFapi2Modules[module.replace('fapi2-security-profile-final-client-test-', '')]) ?? [];

/** One for each module that docs/conformance.md names. */
export const ofModules: readonly Mutant[] = relyingPartyModules.flatMap(({ module, test }) => {
  const [first, ...and] = editsOf(module);
  return first === undefined ? [] : [{ ...first, and, test }];
});
