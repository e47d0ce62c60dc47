import { promises } from '../conformance/conformance-page.ts';
import type { Mutant } from './mutant.ts';
import { ofRequests } from './of-requests.ts';
import { ofRequirements } from './of-requirements.ts';
import { ofSessions } from './of-sessions.ts';
import { ofSigningIn } from './of-signing-in.ts';

/** Every mutant. */
export const mutants: readonly Mutant[] = [...ofSigningIn, ...ofSessions, ...ofRequests, ...ofRequirements];

/** The promises of docs/conformance.md of which no mutant is tried. */
export const promisesWithoutMutant: readonly string[] = promises
  .flatMap((group) => group.promises)
  .filter(({ tests }) => !mutants.some(({ test }) => tests.includes(test)))
  .map(({ text }) => text);
