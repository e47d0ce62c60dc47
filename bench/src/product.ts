import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type DevProvider, startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort } from '@foyer/testkit';
import { type Subject, startSubject } from './subject.ts';

/** The product as it is shipped, beside a provider of its own. */
export interface Product extends Subject {
  readonly provider: DevProvider;
}

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The starter SPA, built. */
export const builtSpa = fromRoot('apps/web/dist');

/** Starts its production entry point with the defaults, but for `variables`. */
export const startProduct = async (
  name: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Product> => {
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

/** Signs in through the provider's pages; gives back the `Cookie` header that the session travels in. */
export const signIn = async ({ url }: Subject, path = '/login'): Promise<string> => {
  const browser = createBrowser();
  await browser.visit(`${url}${path}`, { from: `${url}/` });
  await browser.submit({ button: 'Ada Lovelace' });
  return browser
    .cookies(url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
};
