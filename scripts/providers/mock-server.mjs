import { OAuth2Server } from 'oauth2-mock-server';

// oauth2-mock-server signs everybody in without asking, with the one algorithm that its metadata lists. Runs in the folder where its package is installed.
const { PORT } = process.env;
const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(Number(PORT), 'localhost');
console.log(JSON.stringify({ issuer: server.issuer.url, clientId: 'foyer', clientSecret: 'any-secret' }));
