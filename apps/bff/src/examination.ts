import { openSessionStore } from '@foyer/fastify';
import { examineClient } from './client-examination.ts';
import type { Settings } from './environment.ts';
import { codeOf } from './server.ts';

/** What the doctor found out about one thing. */
export interface Finding {
  /** `bad` makes sign-in fail, `note` is worth knowing. */
  readonly verdict: 'ok' | 'note' | 'bad';
  readonly subject: 'provider' | 'session store' | 'cookies' | 'clock';
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

/** @see RFC 7518 section 3.3 */
const leastBits = 2048;

/** Bits of an RSA key's modulus; keys on curves have the strength of their algorithm. */
const bitsOf = ({ kty, n }: Record<string, unknown>): number =>
  kty === 'RSA' && typeof n === 'string' ? Buffer.from(n, 'base64url').length * 8 : Number.POSITIVE_INFINITY;

const judgeKeys = async (alg: string, uri: unknown, timeout: number): Promise<Finding> => {
  const remedy = 'Check the provider.';
  if (typeof uri !== 'string') return provider('bad', `names no jwks_uri. ${remedy}`);
  const response = await fetch(uri, { signal: AbortSignal.timeout(timeout * 1000), redirect: 'manual' });
  const set: unknown = response.ok ? await response.json() : undefined;
  const keys = isObject(set) && Array.isArray(set.keys) ? set.keys.filter(isObject) : [];
  const usable = keys.filter((key) => key.use !== 'enc' && (key.alg === undefined || key.alg === alg));
  const weakest = Math.min(...usable.map(bitsOf));
  if (weakest < leastBits)
    return provider(
      'bad',
      `signs with a key of ${weakest} bits. Have it replaced by one of ${leastBits} or more.`,
    );
  return usable.length > 0
    ? provider('ok', `publishes ${usable.length} key${usable.length === 1 ? '' : 's'} for ${alg}`)
    : provider('bad', `publishes no key for ${alg} at ${uri}. ${remedy}`);
};

const judgeRevocation = (metadata: Record<string, unknown>): Finding =>
  typeof metadata.revocation_endpoint === 'string'
    ? provider('ok', 'can revoke refresh tokens at sign-out')
    : provider('note', 'cannot revoke refresh tokens: they live on at the provider after a sign-out.');

const judgeClock = (date: string | null, tolerance: number): Finding => {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs))
    return { verdict: 'note', subject: 'clock', text: 'the provider does not tell the time' };
  const difference = Math.round((Date.now() - theirs) / 1000);
  const text = `differs from the provider’s by ${Math.abs(difference)} s`;
  return Math.abs(difference) <= tolerance
    ? { verdict: 'ok', subject: 'clock', text }
    : {
        verdict: 'bad',
        subject: 'clock',
        text: `${text}. Set this machine’s clock, or OIDC_CLOCK_TOLERANCE.`,
      };
};

const examineCookies = ({ publicUrl, cookieName = 'foyer' }: Settings['options']): Finding =>
  publicUrl.startsWith('https:')
    ? {
        verdict: 'ok',
        subject: 'cookies',
        text: `__Host-Http-${cookieName}, Secure, HttpOnly, SameSite=Strict`,
      }
    : {
        verdict: 'note',
        subject: 'cookies',
        text: `on ${publicUrl} they are not Secure: for this machine alone.`,
      };

const examineProvider = async (settings: Settings): Promise<readonly Finding[]> => {
  const { issuer, providerTimeout = 5, idTokenAlg = 'RS256', clockTolerance = 30 } = settings.options;
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
      await judgeKeys(idTokenAlg, metadata.jwks_uri, providerTimeout),
      judgeLogout(settings, metadata),
      judgeRevocation(metadata),
      judgeClock(response.headers.get('date'), clockTolerance),
      ...(await examineClient(settings.options, String(metadata.issuer))),
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
  examineCookies(settings.options),
  await examineStore(settings),
];
