import { randomBytes, randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { fileURLToPath } from 'node:url';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort } from '@foyer/testkit';
import { compiled, type Peer } from './floors.ts';
import { type Subject, startSubject } from './subject.ts';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The starter SPA, built. */
export const builtSpa = fromRoot('apps/web/dist');

/** Starts the production entry point as it is shipped, with its defaults but for `variables`. */
export const startProduct = async (
  name: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Peer> => {
  const port = await freePort();
  const publicUrl = `http://localhost:${port}`;
  const provider = await startDevProvider({ publicUrls: [publicUrl] });
  const subject = await startSubject({
    name,
    port,
    file: fromRoot('apps/bff/src/main.ts'),
    readyPath: '/api/me',
    environment: {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      PUBLIC_URL: publicUrl,
      PORT: String(port),
      SESSION_KEYS: randomBytes(32).toString('base64'),
      SPA_DIR: builtSpa,
      RATE_LIMIT_LOGIN: '0',
      NODE_COMPILE_CACHE: compiled,
      ...variables,
    },
  });
  return {
    ...subject,
    provider,
    stop: async () => {
      await subject.stop();
      await provider.close();
    },
  };
};

/** Somebody who signs in to a server again and again. */
export interface Visitor {
  /** Signs in by the session that the provider has of them. */
  readonly signIn: () => Promise<void>;
  /** The `Cookie` header that the session travels in. */
  readonly cookie: () => string;
}

/** Signs somebody in through the provider's pages. */
export const startVisitor = async ({ url }: Subject): Promise<Visitor> => {
  const browser = createBrowser({ agent: new Agent({ keepAlive: true, maxSockets: 1 }) });
  // Another browser each time: one that signs in again and again without its cookies goes in rounds.
  const visit = () =>
    browser.visit(`${url}/login`, { from: `${url}/`, headers: { 'user-agent': `Visitor/${randomUUID()}` } });
  await visit();
  await browser.submit({ button: 'Ada Lovelace' });
  return {
    signIn: async () => {
      for (const { name } of browser.cookies(url)) browser.setCookie(url, `${name}=; Path=/; Max-Age=0`);
      const { status, url: end } = await visit();
      if (status !== 200 || !end.startsWith(url)) throw new Error(`A login ended at ${end} with ${status}`);
    },
    cookie: () =>
      browser
        .cookies(url)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; '),
  };
};

/** Signs in once; returns the `Cookie` header that the session travels in. */
export const signIn = async (subject: Subject): Promise<string> => (await startVisitor(subject)).cookie();
