import express from 'express';
import openid from 'express-openid-connect';
import { readSettings } from './listen.ts';

const { issuer, clientId, clientSecret, port, url } = readSettings();
const app = express();
app.use(
  openid.auth({
    issuerBaseURL: issuer,
    baseURL: url,
    clientID: clientId,
    clientSecret,
    secret: 'x'.repeat(32),
    authRequired: false,
    clientAuthMethod: 'client_secret_basic',
    authorizationParams: { response_type: 'code', scope: 'openid profile email' },
    routes: { callback: '/login/callback' },
  }),
);
app.get('/api/me', (request, response) => {
  const { oidc } = request;
  response.json(oidc.isAuthenticated() ? { authenticated: true, user: oidc.user } : { authenticated: false });
});
app.get('/', (_request, response) => {
  response.json({});
});
app.listen(port, '127.0.0.1');
