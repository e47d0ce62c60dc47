import { type Peer, startPeer } from '../floors.ts';
import { startProduct, startVisitor, type Visitor } from '../product.ts';
import { countProviderCalls } from '../provider-calls.ts';
import type { Contender } from '../rounds.ts';

/** How many sign in at the same time, each over a connection of their own. */
const visitors = 4;

/** Signs visitors in again and again; what it cost the provider is reported without the warm-up. */
const contend = async (peer: Peer): Promise<Contender> => {
  const all = await Promise.all(Array.from({ length: visitors }, () => startVisitor(peer)));
  let counted = countProviderCalls(peer.provider.port);
  let done = 0;
  let isWarm = false;
  return {
    name: peer.name,
    subject: peer,
    work: async (milliseconds) => {
      const end = performance.now() + milliseconds;
      let logins = 0;
      const visit = async (visitor: Visitor): Promise<void> => {
        do {
          await visitor.signIn();
          logins += 1;
        } while (performance.now() < end);
      };
      await Promise.all(all.map(visit));
      if (isWarm) done += logins;
      else counted = countProviderCalls(peer.provider.port);
      isWarm = true;
      return logins;
    },
    figures: () => ({
      'calls to the provider': counted.calls / done,
      'new connections': counted.connections / done,
    }),
  };
};

const floor = 'openid-client';

/** Complete logins, each with a session of its own at the end, beside openid-client that checks the same. */
export const enterLogin = async (): Promise<readonly Contender[]> => [
  await contend(await startProduct('Foyer, sqlite, as shipped')),
  await contend(await startPeer(floor, 'openid-client')),
];

/** The same of peers. */
export const enterOtherLogins = async (): Promise<readonly Contender[]> => {
  const peers = {
    [floor]: 'openid-client',
    '@fastify/oauth2 (ID token not checked)': 'fastify-oauth2',
    'express-openid-connect (no userinfo)': 'express-openid-connect',
    'Better Auth in memory': 'better-auth',
  };
  const contenders: Contender[] = [];
  for (const [name, file] of Object.entries(peers))
    contenders.push(await contend(await startPeer(name, file)));
  return contenders;
};
