import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { currentUser, type OnLogin, requireUser } from '../../src/index.ts';

/** Accounts by issuer and sub, and what browsers have asked for: tables of your database. */
const accounts = new Map<string, string>();
const wishes = new Map<string, { readonly account: string; readonly until: number }>();

const lifetimeSeconds = 600;

/** The account that this browser wants its next sign-in to belong to; once. */
const takeWish = (cookies = ''): string | undefined => {
  const [, secret = ''] = /(?:^|; )__Host-link=([\w-]+)/.exec(cookies) ?? [];
  const wish = wishes.get(secret);
  wishes.delete(secret);
  return wish !== undefined && Date.now() < wish.until ? wish.account : undefined;
};

/** Finds the account of a sign-in, links it to one where its browser has asked for that, or opens a new one. */
export const onLogin: OnLogin = async ({ idTokenClaims: { iss, sub }, request }) => {
  const person = JSON.stringify([iss, sub]);
  const known = accounts.get(person);
  const wanted = takeWish(request.headers.cookie);
  if (known !== undefined && wanted !== undefined && known !== wanted)
    return { refuse: 'this sign-in belongs to another account' };
  const account = known ?? wanted ?? randomUUID();
  accounts.set(person, account);
  return { add: { account } };
};

/** `POST /account/link`: a form on a page of yours, for someone who is signed in. */
export const linkRoutes = async (app: FastifyInstance): Promise<void> => {
  app.addHook('preHandler', requireUser);
  // The form has no fields; a plugin for forms does as well.
  const type = 'application/x-www-form-urlencoded';
  app.addContentTypeParser(type, { parseAs: 'string' }, async () => ({}));
  app.post('/account/link', async (request, reply) => {
    const user = await currentUser<{ readonly account: string }>(request);
    if (user === undefined) return reply.code(401).send();
    const secret = randomBytes(32).toString('base64url');
    wishes.set(secret, { account: user.account, until: Date.now() + lifetimeSeconds * 1000 });
    // Lax, because the way back from the provider begins on its site.
    const attributes = `Path=/; Max-Age=${lifetimeSeconds}; Secure; HttpOnly; SameSite=Lax`;
    return reply
      .header('set-cookie', `__Host-link=${secret}; ${attributes}`)
      .redirect('/login?provider=guests&prompt=login&returnTo=/account', 303);
  });
};
