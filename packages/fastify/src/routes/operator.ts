import type { FastifyInstance } from 'fastify';
import type { NamedSessions } from '../session/session-ending.ts';
import type { IndexClient } from '../session/store-index.ts';
import type { Bff } from './bff.ts';

const clientsOf = ({ providers }: Bff): readonly IndexClient[] =>
  providers.all.flatMap(({ options: { clientId }, provider }) =>
    provider.issuers().map((issuer) => ({ issuer, clientId })),
  );

/**
 * Ends sessions on every process, without their cookies; the browsers learn of it as `revoked`. Returns how many ended.
 *
 * @throws Problem `store_unavailable`.
 */
export const endSessions = async ({ foyer }: FastifyInstance, named: NamedSessions): Promise<number> =>
  foyer.sessions.endNamed(named, clientsOf(foyer));

/**
 * How many sessions a person has.
 *
 * @throws Problem `store_unavailable`.
 */
export const countSessions = async ({ foyer }: FastifyInstance, sub: string): Promise<number> =>
  foyer.sessions.countOf(sub, clientsOf(foyer));

/** How the log names a person, for log lines of your own; `undefined` where `logSubject` names no one. */
export const nameSubject = ({ foyer }: FastifyInstance, sub: string): string | undefined =>
  foyer.nameSubject(sub);
