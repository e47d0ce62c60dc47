import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { findRedis, startRedis } from '@foyer/testkit';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSessionStore, type SessionStore } from '../../src/index.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { startBff } from '../kit/start-bff.ts';
import stored from './fixtures/stored-sessions.json' with { type: 'json' };

const { sessionKey, issuer, clientId, createdAt, expiresAt, forms } = stored;

interface Form {
  readonly cookie: string;
  readonly id: string;
  readonly subject: string;
  readonly providerSession: string;
  readonly about: string;
  readonly sealed: string;
}

const bytesOf = ({ about, sealed }: Form) => ({
  about: Buffer.from(about, 'base64'),
  sealed: Buffer.from(sealed, 'base64'),
});

/** What a BFF of today knows of the session that was stored then. */
const askWho = async (sessionStore: SessionStore, { cookie }: Form) => {
  await using bff = await startBff({
    ...{ sessionStore, issuer, clientId, clientSecret: 'secret', sessionKeys: [sessionKey] },
    clock: () => createdAt,
  });
  const headers = { cookie: `foyer-${new URL(bff.url).port}=${cookie}` };
  const me = await bff.app.inject({ url: '/api/me', headers });
  const list = await bff.app.inject({ url: '/api/me/sessions', headers });
  return { me: me.json(), list: list.json() };
};

const ada = {
  me: { authenticated: true, user: { sub: 'ada', name: 'Ada Lovelace' } },
  list: { sessions: [{ browser: 'Firefox', system: 'Linux', current: true }] },
};

const older: readonly (readonly [string, Form])[] = Object.entries(forms);

test.for(older)('%s: the session is still open', async ([, form]) => {
  const store = await openSessionStore('memory:');
  await store.insert({
    ...{ id: form.id, version: 1, subject: form.subject, providerSession: form.providerSession },
    ...{ lastSeenAt: createdAt, expiresAt: Date.now() + 60_000, lastsUntil: Date.now() + 60_000 },
    ...bytesOf(form),
  });
  expect(await askWho(store, form)).toMatchObject(ada);
});

const createFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-formats-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'sessions.db');
};

const form = forms['record-1'];

describe('a session file', () => {
  test.for(['sqlite-0', 'sqlite-1'])('%s is opened, and its sessions are', async (name) => {
    const file = createFile();
    const database = new DatabaseSync(file);
    database.exec(readFileSync(new URL(`../stores/fixtures/${name}.sql`, import.meta.url), 'utf8'));
    const { about, sealed } = bytesOf(form);
    database
      .prepare(
        `INSERT INTO sessions (id, version, last_seen_at, expires_at, subject, provider_session, about, sealed)
         VALUES (?, 1, ?, ?, ?, ?, ?, ?)`,
      )
      .run(form.id, createdAt, expiresAt, form.subject, form.providerSession, about, sealed);
    database.close();
    const store = openSqliteStore({ file, clock: () => createdAt });
    expect(await askWho(store, form)).toMatchObject(ada);
  });

  test('of a newer program is refused, with what to do', () => {
    const file = createFile();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 1000');
    database.close();
    expect(() => openSqliteStore({ file })).toThrow('use the newer program, or another file');
  });
});

test.runIf(findRedis() !== undefined)('a Redis hash of format 1: the session is still open', async () => {
  await using redis = await startRedis();
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const { about, sealed } = bytesOf(form);
  const key = `foyer:{${form.id.slice(-3, -1)}}:session:${form.id}`;
  const end = Date.now() + 60_000;
  await client.hset(key, {
    ...{ format: '1', version: '1', lastSeenAt: `${createdAt}`, expiresAt: `${end}`, about, sealed },
    ...{ subject: form.subject, providerSession: form.providerSession },
  });
  await client.pexpireat(key, end);
  await client.zadd(`foyer:subject:${form.subject}`, end, form.id);
  expect(await askWho(await openSessionStore(redis.url), form)).toMatchObject(ada);
});
