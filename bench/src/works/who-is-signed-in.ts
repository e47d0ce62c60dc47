import { startFloor, startPeer } from '../floors.ts';
import { signIn, startProduct } from '../product.ts';
import { ask, type Contender } from '../rounds.ts';
import type { Subject } from '../subject.ts';

const path = '/api/me';

const readAnswer = async ({ name, url }: Subject, cookie: string, expected: boolean): Promise<string> => {
  const response = await fetch(`${url}${path}`, { headers: { cookie } });
  const text = await response.text();
  if (response.status !== 200 || !text.includes(`"authenticated":${expected}`))
    throw new Error(`${name} answered ${response.status} ${text.slice(0, 200)}`);
  return text;
};

/** Headers that the floor's own server writes, or that are new with every answer. */
const ownHeaders = ['connection', 'content-length', 'date', 'keep-alive', 'x-request-id'];

const readHeaders = async ({ url }: Subject, cookie: string): Promise<string> => {
  const response = await fetch(`${url}${path}`, { headers: { cookie } });
  await response.arrayBuffer();
  return JSON.stringify(
    Object.fromEntries([...response.headers].filter(([name]) => !ownHeaders.includes(name))),
  );
};

const contend = (
  subject: Subject,
  cookie: string,
  { name = subject.name, isSignedIn = true } = {},
): Contender => ({
  name,
  subject,
  work: ask({ port: subject.port, path, headers: cookie === '' ? {} : { cookie } }),
  check: () => readAnswer(subject, cookie, isSignedIn),
});

const signInAtFloor = async ({ url }: Subject): Promise<string> => {
  const response = await fetch(`${url}/login`);
  await response.arrayBuffer();
  const lines = response.headers.getSetCookie();
  return lines.map((line) => line.split(';', 1)[0] ?? '').join('; ');
};

const variants = (redis: string): Readonly<Record<string, Readonly<Record<string, string>>>> => ({
  'Foyer, sqlite, as shipped': {},
  'Foyer, sqlite, log level warn': { LOG_LEVEL: 'warn' },
  'Foyer, memory, as shipped': { SESSION_STORE: 'memory:' },
  'Foyer, Redis, as shipped': { SESSION_STORE: redis },
});

/**
 * `/api/me`, signed in and anonymous, beside servers that give the same answer to the same request, its cookie included,
 * and peers that sign people in.
 */
export const enterWhoIsSignedIn = async (redis: string): Promise<readonly Contender[]> => {
  const contenders: Contender[] = [];
  let answer = '{}';
  let headers = '{}';
  let cookie = '';
  for (const [name, variables] of Object.entries(variants(redis))) {
    const product = await startProduct(name, variables);
    const own = await signIn(product);
    if (contenders.length === 0) {
      cookie = own;
      answer = await readAnswer(product, own, true);
      headers = await readHeaders(product, own);
      contenders.push(contend(product, '', { name: 'Foyer, anonymous, as shipped', isSignedIn: false }));
    }
    contenders.push(contend(product, own));
  }
  const floors = {
    'node:http': 'node-http',
    'bare Fastify': 'bare-fastify',
    'Fastify, same headers and log line': 'honest-fastify',
  };
  for (const [name, file] of Object.entries(floors))
    contenders.push(contend(await startFloor(name, file, { answer, headers }), cookie));
  const sealed = {
    'secure-session, claims only': 'secure-session',
    'iron-session, claims only': 'iron-session',
  };
  for (const [name, file] of Object.entries(sealed)) {
    const floor = await startFloor(name, file, { answer });
    contenders.push(contend(floor, await signInAtFloor(floor)));
  }
  const peers = {
    '@fastify/oauth2, @fastify/session in memory': 'fastify-oauth2',
    'express-openid-connect': 'express-openid-connect',
  };
  for (const [name, file] of Object.entries(peers)) {
    const peer = await startPeer(name, file);
    contenders.push(contend(peer, await signIn(peer)));
  }
  return contenders;
};
