import { createDemoApi } from '@foyer/demo-api';
import { createDemoApiRoutes } from '@foyer/demo-api/routes';
import { startDevProvider } from '@foyer/dev-provider';
import { type RunningProduct, startProductBeside } from './start-product.ts';

const audience = 'https://demo-api.example';

/**
 * Starts the product with the demo API behind it; `scope` is what the login asks for beside `openid profile`, and the
 * API accepts tokens that were made for `accepted`.
 */
export const startProductWithApi = async (scope: string, accepted = audience): Promise<RunningProduct> => {
  let upstream = '';
  return startProductBeside({
    startProvider: async (publicUrl) => {
      const provider = await startDevProvider({ publicUrls: [publicUrl], apiAudience: audience });
      const api = createDemoApi({ issuer: provider.issuer, audience: accepted, logLevel: 'silent' });
      upstream = await api.listen({ port: 0, host: '127.0.0.1' });
      const close = async (): Promise<void> => {
        await api.close();
        await provider.close();
      };
      return { ...provider, close };
    },
    variables: () => ({
      OIDC_SCOPE: `openid profile ${scope}`,
      API_ROUTES: JSON.stringify(createDemoApiRoutes(upstream)),
      RATE_LIMIT_LOGIN: '0',
    }),
  });
};
