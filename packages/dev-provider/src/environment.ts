import type { DevProviderOptions } from './options.ts';

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new Error('PORT must be a whole number from 0 to 65535.');
}

function parseUrl(name: string, text: string): string {
  const protocol = URL.parse(text)?.protocol;
  if (protocol === 'http:' || protocol === 'https:') return text;
  throw new Error(`${name} must be an http or https URL, as in http://localhost:3000.`);
}

function parseUrls(name: string, list: string): string[] {
  return list.split(',').map((url) => parseUrl(name, url.trim()));
}

/** A variable's value; an empty one counts as not set. */
const read = (name: string): string | undefined => process.env[name]?.trim() || undefined;

/**
 * Reads the environment: `PORT` (default 4001), `HOST` (127.0.0.1), `ISSUER`, `PUBLIC_URL` (origins separated by commas,
 * default http://localhost:3000), `CLIENT_ID`, `CLIENT_SECRET`, `APP_NAME`, `API_AUDIENCE` and `DATA_FILE`. Throws on an invalid port or URL.
 */
export function readEnvironment(): DevProviderOptions {
  const issuer = read('ISSUER');
  const appName = read('APP_NAME');
  const clientId = read('CLIENT_ID');
  const clientSecret = read('CLIENT_SECRET');
  const [apiAudience, ...moreAudiences] =
    read('API_AUDIENCE')
      ?.split(',')
      .map((each) => each.trim()) ?? [];
  const dataFile = read('DATA_FILE');
  return {
    port: parsePort(read('PORT') ?? '4001'),
    host: read('HOST') ?? '127.0.0.1',
    publicUrls: parseUrls('PUBLIC_URL', read('PUBLIC_URL') ?? 'http://localhost:3000'),
    ...(issuer === undefined ? {} : { issuer: parseUrl('ISSUER', issuer) }),
    ...(appName === undefined ? {} : { appName }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(apiAudience === undefined ? {} : { apiAudience, moreAudiences }),
    ...(dataFile === undefined ? {} : { dataFile }),
  };
}
