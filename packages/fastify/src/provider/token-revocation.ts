import type { FastifyBaseLogger } from 'fastify';
import { tokenRevocation } from 'openid-client';
import { logEvent } from '../events.ts';
import { runAuthenticated } from './client-authentication.ts';
import type { ReadAnswer } from './openid-client.ts';
import type { ProviderContext } from './provider-context.ts';
import { readRefusal } from './provider-errors.ts';

/** Any 2xx is a success. @see RFC 7009 section 2.2 */
const read: ReadAnswer = async (answer) => {
  if (answer.status < 200 || answer.status > 299) throw readRefusal('revocation endpoint', answer);
  return new Response(null, { status: 200 });
};

/** Revokes a refresh token where there is one and the provider can; what failed is logged. @see RFC 7009 section 2.1 */
export const revokeToken = async (
  context: ProviderContext,
  token: string | undefined,
  log: FastifyBaseLogger = context.log,
): Promise<void> => {
  if (token === undefined) return;
  try {
    const { metadata, config } = await context.discovered();
    if (metadata.revocation_endpoint === undefined) return;
    await runAuthenticated(context, { endpoint: 'revocation_endpoint', read }, () =>
      tokenRevocation(config, token, { token_type_hint: 'refresh_token' }),
    );
  } catch (error) {
    context.discovery.doubt();
    logEvent(log, 'revocation_failed', { err: error });
  }
};
