import { createDemoApi } from '@foyer/demo-api';
import { startDevProvider } from '@foyer/dev-provider';
import type { DevEnvironment } from './environment.ts';
import { freePort } from './ports.ts';

/** A thing that was started and has to be stopped. */
export interface Running {
  readonly close: () => Promise<unknown>;
}

/** Whom to sign in as, and what the BFF has to know of it. */
export interface Beside {
  readonly variables: Readonly<Record<string, string>>;
  /** One line for whoever reads the terminal. */
  readonly people: string;
  readonly running: readonly Running[];
}

const audience = 'https://demo-api.example';

/** Starts the provider with the demo people, and the demo API that takes its access tokens. */
export const startEmbeddedProvider = async ({
  publicUrl,
  hasApiRoutes,
  hasScope,
}: DevEnvironment): Promise<Beside> => {
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
