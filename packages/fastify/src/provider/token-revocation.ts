import type { Metadata } from './discovery.ts';
import { EndpointRefusal, parseErrorCode, parseObject } from './provider-errors.ts';
import type { ProviderRoom } from './provider-room.ts';

/** Revokes a refresh token where the provider can. @see RFC 7009 section 2.1 */
export const revokeToken = async (room: ProviderRoom, token: string): Promise<void> => {
  const metadata: Metadata = await room.discovery.require();
  const url = metadata.revocation_endpoint;
  if (url === undefined) return;
  await room.authenticated(metadata, async (auth) => {
    const body = new URLSearchParams({ token, token_type_hint: 'refresh_token' });
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
    auth({ issuer: metadata.issuer }, { client_id: room.options.clientId }, body, headers);
    const request = { method: 'POST', headers: Object.fromEntries(headers), body: body.toString() };
    const response = await room.http.send(url, request);
    if (response.status < 300) return;
    const error = parseErrorCode(parseObject(response.text)?.error);
    throw new EndpointRefusal('revocation endpoint', response, error);
  });
};
