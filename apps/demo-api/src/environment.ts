/** The settings of the demo API when it runs as its own program. */
export interface DemoApiEnvironment {
  readonly host: string;
  readonly port: number;
  readonly issuer: string;
  readonly audience: string;
  readonly requiresDpop: boolean;
  readonly logLevel: string;
}

const parsePort = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new Error('PORT must be a whole number from 0 to 65535.');
};

const requireUrl = (name: string, text: string | undefined): string => {
  const protocol = URL.parse(text ?? '')?.protocol;
  if (text !== undefined && (protocol === 'http:' || protocol === 'https:')) return text;
  throw new Error(`${name} must be an http or https URL, as in http://localhost:4001.`);
};

/** Reads `HOST` (127.0.0.1), `PORT` (4000), `ISSUER` (required), `AUDIENCE`, `REQUIRE_DPOP` (false), `LOG_LEVEL` (warn). Throws on a bad one. */
export const readEnvironment = (): DemoApiEnvironment => ({
  host: process.env.HOST || '127.0.0.1',
  port: parsePort(process.env.PORT || '4000'),
  issuer: requireUrl('ISSUER', process.env.ISSUER),
  audience: process.env.AUDIENCE || 'https://demo-api.example',
  requiresDpop: process.env.REQUIRE_DPOP === 'true',
  logLevel: process.env.LOG_LEVEL || 'warn',
});
