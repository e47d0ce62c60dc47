import { codeOf, proxyVariables, readProcessEnvironment } from '@foyer/environment';
import { Problem, type ResolvedOptions } from '@foyer/fastify';
import { isLoopbackHost } from '@foyer/fastify/options';
import { metadataUrl, parseObject } from '@foyer/fastify/provider';
import { examineClientAuthentication } from './client-authentication.ts';
import { about, bad, type Finding, note } from './finding.ts';
import { examineSigningKeys, judgeMetadata } from './metadata.ts';
import { examinePostLogoutUri, examineRedirectUri } from './registered-addresses.ts';
import { askForMetadata } from './try-provider.ts';

const judgeClock = (date: string | null, toleranceSeconds: number): Finding => {
  const theirs = Date.parse(date ?? '');
  const clock = about('clock');
  if (Number.isNaN(theirs)) return clock.note('cannot be compared: the provider sends no Date');
  const difference = Math.round((Date.now() - theirs) / 1000);
  const text = `differs from the provider’s by ${Math.abs(difference)} s`;
  return Math.abs(difference) <= toleranceSeconds
    ? clock.ok(text)
    : clock.bad(`${text}. Set this machine’s clock, or OIDC_CLOCK_TOLERANCE.`);
};

const causeOf = (error: unknown): string =>
  error instanceof Error ? (codeOf(error.cause) ?? codeOf(error) ?? error.name) : 'unknown';

/** The finding of one trial. A trial that throws becomes a finding too, so that the others run. */
const guard = async (what: string, trial: Promise<Finding>): Promise<Finding> => {
  try {
    return await trial;
  } catch (error) {
    const isJudged = error instanceof Problem && codeOf(error.cause) === undefined;
    const reason = isJudged ? error.message : `no answer (${causeOf(error)})`;
    return bad(`its ${what} could not be tried: ${reason}. Check the provider and the network.`);
  }
};

/** A proxy changes who is asked for the provider's certificate, and what can be reached. */
const examineWay = ({ issuer }: ResolvedOptions): readonly Finding[] => {
  const { variables } = readProcessEnvironment();
  const variable = proxyVariables.find((name) => (variables[name] ?? '') !== '');
  if (variable === undefined || isLoopbackHost(new URL(issuer).hostname)) return [];
  return [note(`is asked through the proxy of ${variable}, unless NO_PROXY leaves its host out.`)];
};

type Answer = Awaited<ReturnType<typeof askForMetadata>>;

const examineAnswer = async (
  options: ResolvedOptions,
  url: string,
  { status, text, header }: Answer,
): Promise<readonly Finding[]> => {
  if (status !== 200) return [bad(`${url} answers ${status}. Check OIDC_ISSUER.`)];
  const metadata = parseObject(text);
  if (metadata === undefined) return [bad(`${url} is not a discovery document. Check OIDC_ISSUER.`)];
  const issuer = String(metadata.issuer);
  const { jwks_uri, token_endpoint_auth_methods_supported: methods } = metadata;
  return [
    ...judgeMetadata(options, metadata),
    await guard('keys', examineSigningKeys(options, jwks_uri)),
    judgeClock(header('date') ?? null, options.clockTolerance),
    await guard('authorization endpoint', examineRedirectUri(options)),
    await guard('token endpoint', examineClientAuthentication(options, { issuer, methods })),
    await guard('end-session endpoint', examinePostLogoutUri(options)),
  ];
};

/** Reads the provider's metadata and keys, and tries the client there without signing in. */
export const examineProvider = async (options: ResolvedOptions): Promise<readonly Finding[]> => {
  const url = metadataUrl(options);
  const way = examineWay(options);
  try {
    const answer = await askForMetadata(options);
    return [...way, ...(await examineAnswer(options, url, answer))];
  } catch (error) {
    return [...way, bad(`${url} cannot be read (${causeOf(error)}). Check OIDC_ISSUER and the network.`)];
  }
};
