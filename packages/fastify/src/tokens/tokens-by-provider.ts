import type { Providers } from '../provider/providers.ts';
import { type AccessTokens, createAccessTokens } from './access-token.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';

/**
 * Makes the door to the access tokens of every provider: an outage of one says nothing of another. Tokens of the client
 * itself are those of the first.
 */
export const createTokensByProvider = (
  dependencies: Omit<AccessTokenDependencies, 'provider' | 'options'>,
  providers: Providers,
): AccessTokens => {
  const doors = new Map(
    providers.all.map(({ id, options, provider }) => [
      id,
      createAccessTokens({ ...dependencies, options, provider }),
    ]),
  );
  const doorOf = (id: string | undefined): AccessTokens => {
    const door = id === undefined ? undefined : doors.get(id);
    if (door === undefined) throw new Error(`There is no provider ${id}`);
    return door;
  };
  return {
    clientToken: (requested) => doorOf(providers.all[0]?.id).clientToken(requested),
    accessToken: (session, requested) => doorOf(session.provider).accessToken(session, requested),
    refreshAccessToken: (session, requested) =>
      doorOf(session.provider).refreshAccessToken(session, requested),
  };
};
