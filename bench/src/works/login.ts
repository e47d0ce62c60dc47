import { startFloor, startPeer } from '../floors.ts';
import { signIn, startProduct } from '../product.ts';
import { ask, type Contender } from '../rounds.ts';
import type { Subject } from '../subject.ts';

const contend = (subject: Subject): Contender => ({
  name: subject.name,
  subject,
  work: async (milliseconds) => {
    const end = performance.now() + milliseconds;
    let logins = 0;
    do {
      await signIn(subject);
      logins += 1;
    } while (performance.now() < end);
    return logins;
  },
});

/** Complete logins through a provider's pages, beside one request to bare Fastify. */
export const enterLogin = async (): Promise<readonly Contender[]> => {
  const bare = await startFloor('bare Fastify, one request', 'bare-fastify');
  return [
    contend(await startProduct('Foyer, sqlite, as shipped')),
    contend(await startPeer('@fastify/oauth2 (ID token not checked)', 'fastify-oauth2')),
    contend(await startPeer('express-openid-connect (no userinfo)', 'express-openid-connect')),
    { name: bare.name, subject: bare, work: ask({ port: bare.port, path: '/api/me' }) },
  ];
};
