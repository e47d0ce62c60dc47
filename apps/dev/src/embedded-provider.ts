import { createDemoApi } from '@foyer/demo-api';
import { startDevProvider } from '@foyer/dev-provider';
import type { DevEnvironment } from './environment.ts';
import { freePort } from './ports.ts';

/** A server that was started and has to be closed. */
export interface Running {
  readonly close: () => Promise<unknown>;
}

/** The servers started beside the BFF, and how the BFF and the user reach them. */
export interface ProviderSetup {
  readonly variables: Readonly<Record<string, string>>;
  /** One line for the terminal: who can sign in. */
  readonly people: string;
  readonly running: readonly Running[];
}

const audience = 'https://demo-api.example';

/** Starts the provider with the demo people, and the demo API that accepts its access tokens. */
export const startEmbeddedProvider = async ({
  publicUrl,
  hasApiRoutes,
  hasScope,
}: DevEnvironment): Promise<ProviderSetup> => {
  const provider = await startDevProvider({
    port: await freePort(),
    publicUrls: [publicUrl],
    apiAudience: audience,
  });
  const { issuer, clientId, clientSecret, people } = provider;
  const api = createDemoApi({ issuer, audience });
  const upstream = `${await api.listen({ port: await freePort(), host: '127.0.0.1' })}/users`;
  const labels = people.map(({ label }) => label).join(', ');
  return {
    variables: {
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: clientId,
      OIDC_CLIENT_SECRET: clientSecret,
      ...(hasScope ? {} : { OIDC_SCOPE: 'openid profile email phone offline_access users:read users:write' }),
      ...(hasApiRoutes ? {} : { API_ROUTES: JSON.stringify([{ prefix: '/api/users', upstream }]) }),
    },
    people: `${labels}, or any other name; no password`,
    running: [provider, api],
  };
};
