import { openSessionStore } from '@foyer/fastify';
import type { Settings } from './environment.ts';
import { codeOf } from './server.ts';

/** What the doctor found out about one thing. */
export interface Finding {
  /** `bad` makes sign-in fail, `note` is worth knowing. */
  readonly verdict: 'ok' | 'note' | 'bad';
  readonly subject: 'provider' | 'session store';
  /** What it is, and where something is to do, what. */
  readonly text: string;
}

const provider = (verdict: Finding['verdict'], text: string): Finding => ({
  verdict,
  subject: 'provider',
  text,
});

const discoveryUrl = (issuer: string): string =>
  issuer.includes('/.well-known/') ? issuer : `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const lists = (value: unknown, item: string): boolean => Array.isArray(value) && value.includes(item);

const judgeIssuer = (issuer: string, metadata: Record<string, unknown>): Finding => {
  const announced = typeof metadata.issuer === 'string' ? metadata.issuer : '';
  const bare = (text: string): string => text.replace(/\/$/, '');
  if (issuer.includes('/.well-known/') || bare(announced) === bare(issuer))
    return provider('ok', `discovered, issuer ${announced}`);
  return provider('bad', `it calls itself ${announced || 'nothing'}. Set OIDC_ISSUER to exactly that.`);
};

const judgeAlgorithm = (alg: string, metadata: Record<string, unknown>): Finding =>
  lists(metadata.id_token_signing_alg_values_supported, alg)
    ? provider('ok', `signs ID tokens with ${alg}`)
    : provider(
        'bad',
        `does not announce ${alg}. Set OIDC_ID_TOKEN_ALG to what the client is registered for.`,
      );

const judgePkce = (metadata: Record<string, unknown>): Finding =>
  lists(metadata.code_challenge_methods_supported, 'S256')
    ? provider('ok', 'supports PKCE with S256')
    : provider('note', 'does not announce PKCE with S256; it is sent all the same.');

const judgeLogout = ({ options }: Settings, metadata: Record<string, unknown>): Finding =>
  typeof metadata.end_session_endpoint === 'string' || options.logoutUrl !== undefined
    ? provider(
        'ok',
        `can end its own session; register ${options.publicUrl}/logout as post-logout redirect URI`,
      )
    : provider(
        'note',
        'has no end-session endpoint: signing out ends the session here only. See OIDC_LOGOUT_URL.',
      );

const examineProvider = async (settings: Settings): Promise<readonly Finding[]> => {
  const { issuer, publicUrl, providerTimeout = 5, idTokenAlg = 'RS256' } = settings.options;
  const url = discoveryUrl(issuer);
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(providerTimeout * 1000),
    });
    if (!response.ok) return [provider('bad', `${url} answers ${response.status}. Check OIDC_ISSUER.`)];
    const metadata: unknown = await response.json();
    if (!isObject(metadata))
      return [provider('bad', `${url} is not a discovery document. Check OIDC_ISSUER.`)];
    return [
      judgeIssuer(issuer, metadata),
      judgeAlgorithm(idTokenAlg, metadata),
      judgePkce(metadata),
      judgeLogout(settings, metadata),
      provider('note', `register ${publicUrl}/login/callback as redirect URI, if that is not done yet.`),
    ];
  } catch (error) {
    const cause = error instanceof Error ? (codeOf(error.cause) ?? error.name) : 'unknown';
    return [provider('bad', `${url} cannot be read (${cause}). Check OIDC_ISSUER and the network.`)];
  }
};

const examineStore = async ({ storeUrl }: Settings): Promise<Finding> => {
  const subject = 'session store';
  try {
    const store = await openSessionStore(storeUrl);
    try {
      await store.check();
    } finally {
      await store.close();
    }
    return { verdict: 'ok', subject, text: 'can be read and written' };
  } catch (error) {
    const reason = codeOf(error) ?? 'no answer';
    return {
      verdict: 'bad',
      subject,
      text: `cannot be used (${reason}). Check SESSION_STORE, and that the store runs.`,
    };
  }
};

/** Looks at the provider and the session store of these settings. */
export const examine = async (settings: Settings): Promise<readonly Finding[]> => [
  ...(await examineProvider(settings)),
  await examineStore(settings),
];
