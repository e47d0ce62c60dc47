import { tokenRevocation } from 'openid-client';
import { runAuthenticated } from './client-authentication.ts';
import type { ReadAnswer } from './openid-client.ts';
import type { ProviderContext } from './provider-context.ts';
import { readRefusal } from './provider-errors.ts';

/** Any 2xx is a success. @see RFC 7009 section 2.2 */
const read: ReadAnswer = async (answer) => {
  if (answer.status < 200 || answer.status > 299) throw readRefusal('revocation endpoint', answer);
  return new Response(null, { status: 200 });
};

/**
 * Revokes a refresh token where the provider can; settles within the provider timeout, rejects when it failed.
 *
 * @see RFC 7009 section 2.1
 */
export const revokeToken = async (context: ProviderContext, token: string): Promise<void> => {
  const { metadata, config } = await context.discovered();
  if (metadata.revocation_endpoint === undefined) return;
  try {
    await runAuthenticated(context, { endpoint: 'revocation_endpoint', read }, () =>
      tokenRevocation(config, token, { token_type_hint: 'refresh_token' }),
    );
  } catch (error) {
    context.discovery.doubt();
    throw error;
  }
};
