import { tokenRevocation } from 'openid-client';
import type { ProviderContext } from './provider-context.ts';

/** Revokes a refresh token where the provider can. @see RFC 7009 section 2.1 */
export const revokeToken = async (
  { discovery, authenticated }: ProviderContext,
  token: string,
): Promise<void> => {
  const metadata = await discovery.require();
  if (metadata.revocation_endpoint === undefined) return;
  await authenticated(metadata, 'revocation_endpoint', (config) =>
    tokenRevocation(config, token, { token_type_hint: 'refresh_token' }),
  );
};
