import { startFloor } from '../floors.ts';
import { signIn, startProduct } from '../product.ts';
import type { Contender, Costs, Pace } from '../rounds.ts';
import { runRounds } from '../rounds.ts';
import type { Subject } from '../subject.ts';

const path = '/api/me';

/** The answer of `/api/me` without the times that pass, to compare by. Throws when it is not about Ada. */
const readAnswer = async ({ url }: Subject, cookie: string): Promise<string> => {
  const response = await fetch(`${url}${path}`, { headers: { cookie } });
  const text = await response.text();
  if (response.status !== 200 || !text.includes('Ada Lovelace'))
    throw new Error(`${url} answered ${response.status} ${text.slice(0, 200)}`);
  return text;
};

const variants: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Foyer, sqlite, as shipped': {},
  'Foyer, sqlite, log level warn': { LOG_LEVEL: 'warn' },
  'Foyer, memory, as shipped': { SESSION_STORE: 'memory:' },
};

const floors = { 'node:http': 'node-http', 'bare Fastify': 'bare-fastify' };

const signInWithoutProvider = async ({ url }: Subject): Promise<string> => {
  const response = await fetch(`${url}/login`);
  await response.arrayBuffer();
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0] ?? '')
    .join('; ');
};

/** CPU of `/api/me`, signed in and anonymous, beside servers that give the same answer. */
export const measureWhoIsSignedIn = async (
  pace: Pace,
  more: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<Costs> => {
  const contenders: Contender[] = [];
  const checks: (() => Promise<unknown>)[] = [];
  let answer = '';
  const enter = (subject: Subject, cookie?: string, name = subject.name): void => {
    const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
    contenders.push({ name, subject, shot: { port: subject.port, path, headers } });
    if (cookie !== undefined) checks.push(() => readAnswer(subject, cookie));
  };

  for (const [name, variables] of Object.entries({ ...variants, ...more })) {
    const product = await startProduct(name, variables);
    const cookie = await signIn(product);
    answer ||= await readAnswer(product, cookie);
    enter(product, cookie);
    if (contenders.length === 1) enter(product, undefined, 'Foyer, anonymous, as shipped');
  }
  for (const [name, file] of Object.entries(floors)) enter(await startFloor(name, file, answer), '');
  const session = await startFloor('secure-session, claims only', 'secure-session', answer);
  enter(session, await signInWithoutProvider(session));

  try {
    for (const check of checks) await check();
    const costs = await runRounds(contenders, pace);
    for (const check of checks) await check();
    return costs;
  } finally {
    await Promise.all([...new Set(contenders.map(({ subject }) => subject))].map(({ stop }) => stop()));
  }
};
