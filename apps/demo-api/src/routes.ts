/**
 * The routes of a BFF before the demo API at `upstream`, as `API_ROUTES` has them: everyone reads the list, editors change it,
 * and a recovery code needs a sign-in of the last minutes with a second step.
 */
export const createDemoApiRoutes = (upstream: string) => [
  { prefix: '/api/users', upstream: `${upstream}/users`, methods: ['GET', 'HEAD'] },
  {
    ...{ prefix: '/api/users', upstream: `${upstream}/users`, methods: ['POST', 'DELETE'] },
    require: { claims: { groups: 'editors' } },
  },
  {
    ...{ prefix: '/api/recovery-codes', upstream: `${upstream}/recovery-codes` },
    require: { acr: 'urn:foyer:dev:second-step', maxAge: '10m' },
  },
];
