import type { AppOptions } from './app.ts';

/** Reads the settings from the environment. The plugin reports missing and invalid ones. */
export const readEnvironment = (
  variables: Readonly<Record<string, string | undefined>>,
): AppOptions & { readonly port: number } => {
  const {
    PORT = '3000',
    OIDC_ISSUER = '',
    OIDC_CLIENT_ID = '',
    OIDC_CLIENT_SECRET,
    SESSION_KEYS,
  } = variables;
  return {
    port: Number(PORT),
    issuer: OIDC_ISSUER,
    clientId: OIDC_CLIENT_ID,
    clientSecret: OIDC_CLIENT_SECRET,
    publicUrl: variables.PUBLIC_URL ?? `http://localhost:${PORT}`,
    sessionKeys: SESSION_KEYS?.split(',') ?? [],
  };
};
