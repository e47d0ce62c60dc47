import { sendForm } from './client-authentication.ts';
import type { Metadata } from './discovery.ts';
import { EndpointRefusal, parseErrorCode, parseObject } from './provider-errors.ts';
import type { ProviderRoom } from './provider-room.ts';

/** Revokes a refresh token where the provider can. @see RFC 7009 section 2.1 */
export const revokeToken = async (room: ProviderRoom, token: string): Promise<void> => {
  const metadata: Metadata = await room.discovery.require();
  const url = metadata.revocation_endpoint;
  if (url === undefined) return;
  const form = { token, token_type_hint: 'refresh_token' };
  await room.authenticated(metadata, async (credentials) => {
    const response = await sendForm(room.http, url, form, credentials);
    if (response.status < 300) return;
    const error = parseErrorCode(parseObject(response.text)?.error);
    throw new EndpointRefusal('revocation endpoint', response, error);
  });
};
