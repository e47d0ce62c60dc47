import { codeOf } from '@foyer/environment';
import { openSessionStore, type ResolvedOptions } from '@foyer/fastify';
import { onlyId } from '@foyer/fastify/options';
import { createCookieRules } from '@foyer/fastify/session-cookie';
import { examineApiRoutes, examineSample } from './api-routes.ts';
import { about, type Finding } from './finding.ts';
import { examineProvider } from './provider-examination.ts';

const examineCookies = (options: ResolvedOptions): Finding => {
  const { note, ok } = about('cookies');
  if (!options.isSecure)
    return note(`on ${options.publicUrl} they are not Secure: for use on this machine only.`);
  const { sessionName } = createCookieRules(options);
  const path = options.basePath && `, Path=${options.basePath}`;
  return ok(`${sessionName}, Secure, HttpOnly, SameSite=Strict${path}`);
};

/** Short, non-random and published keys have been refused with the configuration already, so these keys are strong. */
const examineSessionKeys = ({ sessionKeys: { length } }: ResolvedOptions): Finding =>
  about('session keys').ok(
    length === 1 ? 'one of 256 bits' : `${length} of 256 bits; the first seals, all open`,
  );

/** A system error's code, or the first word of a Redis refusal. Nothing else is printed: it may contain a secret. */
const reasonOf = (error: unknown): string => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const reason = codeOf(cause) ?? /^[A-Z]{4,}(?= )/.exec(cause.message)?.[0];
    if (reason !== undefined) return reason;
  }
  return 'no answer';
};

const examineStore = async (storeUrl: string): Promise<Finding> => {
  const { ok, bad } = about('session store');
  try {
    const store = await openSessionStore(storeUrl);
    try {
      await store.check();
    } finally {
      await store.close();
    }
    return ok('can be read and written');
  } catch (error) {
    return bad(`cannot be used (${reasonOf(error)}). Check SESSION_STORE, and that the store runs.`);
  }
};

/** The findings of each provider, with its id where there are several. */
const examineProviders = async ({ providers }: ResolvedOptions): Promise<readonly Finding[]> => {
  const found = await Promise.all(
    providers.map(async ({ id, options }) => {
      const findings = await examineProvider(options);
      return id === onlyId ? findings : findings.map((each) => ({ ...each, text: `${id}: ${each.text}` }));
    }),
  );
  return found.flat();
};

/**
 * Examines the provider, the cookies, the session keys, the API routes and the session store of a configuration, and which
 * routes a sign-in meets whose claims are in `sampleFile`.
 */
export const examine = async (
  options: ResolvedOptions,
  storeUrl: string,
  sampleFile?: string,
): Promise<readonly Finding[]> => [
  ...(await examineProviders(options)),
  examineCookies(options),
  examineSessionKeys(options),
  ...examineApiRoutes(options),
  ...(sampleFile === undefined ? [] : examineSample(sampleFile, options)),
  await examineStore(storeUrl),
];
