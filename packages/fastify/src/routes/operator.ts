import type { FastifyInstance } from 'fastify';
import { type Bff, requireBff } from '../bff.ts';
import { Problem } from '../problems.ts';
import type { NamedSessions } from '../session/session-ending.ts';
import type { IndexClient } from '../session/session-list.ts';

const findBff = (app: FastifyInstance): Bff => requireBff(app, 'endSessions, countSessions and nameSubject');

/** Refuses to search sessions that cannot be found: the answer would read as "no sessions", while they continue. */
const requireFindable = async ({ providers }: Bff): Promise<void> => {
  for (const { options, provider } of providers.all) {
    if (options.tenants?.includes('*'))
      throw new Problem('bad_request', 'People of any tenant (OIDC_TENANTS=*) are not found by sub or sid', {
        detail: 'Name the tenants in OIDC_TENANTS, or a session by its id.',
      });
    if (options.tenants !== undefined && !(await provider.isDiscovered()))
      throw new Problem('provider_unavailable', 'The issuers of the tenants are not discovered yet', {
        retryAfter: 5,
      });
  }
};

const clientsOf = ({ providers }: Bff): readonly IndexClient[] =>
  providers.all.flatMap(({ options: { clientId }, provider }) =>
    provider.issuers().map((issuer) => ({ issuer, clientId })),
  );

/**
 * Ends sessions on every process, without their cookies; the browsers learn of it as `revoked`. Returns how many ended.
 *
 * @throws Problem `store_unavailable`; `bad_request` or `provider_unavailable` where the issuers of tenants cannot be named;
 * Error in an instance in which the plugin is not registered.
 */
export const endSessions = async (app: FastifyInstance, named: NamedSessions): Promise<number> => {
  const bff = findBff(app);
  if (!('id' in named)) await requireFindable(bff);
  return bff.sessions.endNamed(named, clientsOf(bff));
};

/**
 * How many sessions a person has.
 *
 * @throws Problem `store_unavailable`; `bad_request` or `provider_unavailable` where the issuers of tenants cannot be named;
 * Error in an instance in which the plugin is not registered.
 */
export const countSessions = async (app: FastifyInstance, sub: string): Promise<number> => {
  const bff = findBff(app);
  await requireFindable(bff);
  return bff.sessions.countOf(sub, clientsOf(bff));
};

/**
 * How the log names a person, for log lines of your own; `undefined` where `logSubject` names no one.
 *
 * @throws Error in an instance in which the plugin is not registered.
 */
export const nameSubject = (app: FastifyInstance, sub: string): string | undefined =>
  findBff(app).nameSubject(sub);
