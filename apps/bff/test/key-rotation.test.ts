import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createSessionKey } from './kit/keys.ts';
import { pages } from './kit/pages.ts';
import { askWho, type Replica, type Replicas, startReplicas } from './kit/start-replicas.ts';

/** The numbered steps of docs/production.md, as they stand there. */
const documented = (): readonly string[] => {
  const { text = '' } = pages.find(({ path }) => path === 'docs/production.md') ?? {};
  const [keys = ''] = text.split('\n## Keys\n')[1]?.split('\n## ') ?? [];
  return [...keys.matchAll(/^\d\. (.*(?:\n {3}.*)*)$/gm)].map(([, step = '']) => step);
};

const stop = async (replica: Replica): Promise<void> => {
  const ended = once(replica.child(), 'exit');
  replica.signal('SIGTERM');
  expect(await ended).toEqual([0, null]);
};

/** How many of these cookies are signed in, at each process. */
const countKnown = ({ all }: Replicas, cookies: readonly string[]): Promise<readonly number[]> =>
  Promise.all(
    all.map(async (replica) => {
      const answers = await Promise.all(cookies.map((cookie) => askWho(replica, cookie)));
      return answers.filter(({ isSignedIn }) => isSignedIn).length;
    }),
  );

test('a key is replaced in the three steps of docs/production.md, and no one is signed out before the last', async () => {
  const [old, fresh] = [createSessionKey(), createSessionKey()];
  await using replicas = await startReplicas({ store: 'sqlite', variables: { SESSION_KEYS: old } });
  const early = [await replicas.signIn()];
  const late: string[] = [];

  const restartInTurn = async (keys: readonly string[], people: string[]): Promise<void> => {
    for (const replica of replicas.all) {
      await stop(replica);
      await replica.restart({ SESSION_KEYS: keys.join(',') });
      people.push(await replicas.signIn());
      const everybody = [...early, ...late].length;
      if (keys.length === 2)
        expect(await countKnown(replicas, [...early, ...late])).toEqual([everybody, everybody]);
    }
  };
  const [second, first, alone, ...more] = documented();
  expect(more).toEqual([]);

  expect(second).toMatch(
    /^`npx pnpm key` makes a key\. Put it \*\*second\*\*, and restart every process, one after/,
  );
  await restartInTurn([old, fresh], early);

  expect(first).toMatch(/^Move it to the \*\*first\*\* place, and restart every process: new sessions/);
  await restartInTurn([fresh, old], late);

  expect(alone).toMatch(
    /^When `SESSION_LIFETIME` has passed .* remove the old one, and restart every process/,
  );
  await restartInTurn([fresh], late);
  expect(await countKnown(replicas, early)).toEqual([0, 0]);
  expect(await countKnown(replicas, late)).toEqual([late.length, late.length]);
});
