import type { User } from '@foyer/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** A sign-in that the provider has finished, and that has no session yet. */
export interface VerifiedLogin<Claims = unknown> {
  /** Claims of the ID token overlaid by those of userinfo. */
  readonly claims: User & Claims;
  /** Claims of the ID token alone, verified in full. */
  readonly idTokenClaims: Readonly<Record<string, unknown>>;
  /** The request of the callback. */
  readonly request: FastifyRequest;
}

/** What the application decides about a sign-in. */
export const loginDecision = z.strictObject({
  /** Why there is no session: for the log. The browser gets `access_denied`. */
  refuse: z.string().optional(),
  /** Claims beside those of the provider, or in their place: shown to the browser, and good for `require` and `identity`. */
  add: z.record(z.string(), z.unknown()).readonly().optional(),
  /** Names of claims that the browser is not shown. */
  hide: z.array(z.string()).readonly().optional(),
  /** Where the browser goes instead, by the rules of `returnTo`. */
  returnTo: z.string().optional(),
});

/** What the application decides about a sign-in; `undefined` lets it pass as it is. */
export interface LoginDecision extends Readonly<z.output<typeof loginDecision>> {}

/** Decides about a sign-in. What it throws is an internal error, and there is no session. */
export type OnLogin<Claims = unknown> = (login: VerifiedLogin<Claims>) => Promise<LoginDecision | undefined>;
