import { createDemoApiRoutes } from '@foyer/demo-api/routes';
import { developmentClient } from '@foyer/dev-provider/options';
import { people } from '@foyer/dev-provider/people';
import type { DevEnvironment } from './environment.ts';
import { choosePort } from './ports.ts';
import { startWatchedProcess, type WatchedProcess } from './watched-process.ts';

/** The servers started beside the BFF, and how the BFF and the user reach them. */
export interface ProviderSetup {
  /** Variables of the BFF. */
  readonly variables: Readonly<Record<string, string>>;
  /** Lines for the terminal: which provider, and who can sign in. */
  readonly provider: string;
  readonly people: string;
  readonly processes: readonly WatchedProcess[];
}

const audience = 'https://demo-api.example';

/** The provider listens this far from the BFF, so that it has the same issuer after a restart. */
const portDistance = 1001;

const chooseProviderPort = async (port: number): Promise<{ port: number; remark: string }> => {
  const preferred = port + portDistance <= 65_535 ? port + portDistance : port - portDistance;
  const chosen = await choosePort(preferred);
  const remark = `\n            Port ${preferred} is taken by another program, so this is another issuer than before: sign in again.`;
  return { port: chosen, remark: chosen === preferred ? '' : remark };
};

/** Starts the provider with the demo people, and the demo API that accepts its access tokens. */
export const startEmbeddedProvider = async (
  { port, publicUrl, hasApiRoutes, hasScope, appName, inherited }: DevEnvironment,
  print: (line: string) => void,
): Promise<ProviderSetup> => {
  const [chosen, apiPort] = await Promise.all([chooseProviderPort(port), choosePort()]);
  const issuer = `http://127.0.0.1:${chosen.port}`;
  const upstream = `http://127.0.0.1:${apiPort}`;
  // Their variables are not those of the BFF, some of which have the same names.
  const common = { ...inherited, HOST: '127.0.0.1', ISSUER: '', CLIENT_ID: '', CLIENT_SECRET: '' };
  const provider = startWatchedProcess({
    name: 'The provider',
    file: 'packages/dev-provider/src/main.ts',
    sources: ['packages/dev-provider/src'],
    environment: {
      ...common,
      PORT: String(chosen.port),
      PUBLIC_URL: publicUrl,
      APP_NAME: appName ?? '',
      API_AUDIENCE: audience,
      DATA_FILE: '.data/dev-provider.db',
    },
    healthUrl: `${issuer}/healthz`,
    print: () => undefined,
  });
  const api = startWatchedProcess({
    name: 'The demo API',
    file: 'apps/demo-api/src/main.ts',
    sources: ['apps/demo-api/src'],
    environment: { ...common, PORT: String(apiPort), ISSUER: issuer, AUDIENCE: audience, LOG_LEVEL: 'warn' },
    healthUrl: `${upstream}/healthz`,
    print: (line) => {
      if (line.startsWith('{')) print(line);
    },
  });
  return {
    variables: {
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: developmentClient.clientId,
      OIDC_CLIENT_SECRET: developmentClient.clientSecret,
      ...(hasScope ? {} : { OIDC_SCOPE: 'openid profile email phone offline_access users:read users:write' }),
      ...(hasApiRoutes ? {} : { API_ROUTES: JSON.stringify(createDemoApiRoutes(upstream)) }),
    },
    provider: `embedded; access tokens have the issuer ${issuer} and the audience ${audience}${chosen.remark}`,
    people: `${people.map(({ label }) => label).join(', ')}, or any other name; no password`,
    processes: [provider, api],
  };
};
