import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStorage } from '../src/storage.ts';

it('revoking a grant through one model removes the tokens of every model, of that grant only', async () => {
  const { openModel } = openStorage();
  const models = ['AccessToken', 'AuthorizationCode', 'RefreshToken'].map(openModel);
  for (const model of models) {
    await model.upsert('ended', { grantId: 'one' }, 60);
    await model.upsert('kept', { grantId: 'other' }, 60);
  }
  await openModel('AccessToken').revokeByGrantId('one');
  for (const model of models) {
    expect(await model.find('ended')).toBeUndefined();
    expect(await model.find('kept')).toEqual({ grantId: 'other' });
  }
});

it('what is written again outlives ten thousand that were written since it began', async () => {
  const { openModel } = openStorage();
  const sessions = openModel('Session');
  const grants = openModel('Grant');
  await sessions.upsert('in use', { accountId: 'ada' }, 60);
  await sessions.upsert('left', { accountId: 'grace' }, 60);
  for (let count = 0; count < 6000; count += 1) await grants.upsert(`first ${count}`, {}, 60);
  await sessions.upsert('in use', { accountId: 'ada' }, 60);
  for (let count = 0; count < 6000; count += 1) await grants.upsert(`second ${count}`, {}, 60);
  expect(await sessions.find('in use')).toEqual({ accountId: 'ada' });
  expect(await sessions.find('left')).toBeUndefined();
});

it('a session is found by the uid that it has now, until it is removed or forgotten', async () => {
  const { openModel } = openStorage();
  const sessions = openModel('Session');
  await sessions.upsert('one', { accountId: 'ada', uid: 'first' }, 60);
  expect(await sessions.findByUid('first')).toMatchObject({ accountId: 'ada' });
  expect(await openModel('Grant').findByUid('first')).toBeUndefined();
  await sessions.upsert('one', { accountId: 'ada', uid: 'second' }, 60);
  expect(await sessions.findByUid('first')).toBeUndefined();
  expect(await sessions.findByUid('second')).toMatchObject({ accountId: 'ada' });
  await sessions.destroy('one');
  expect(await sessions.findByUid('second')).toBeUndefined();
  await sessions.upsert('two', { uid: 'third' }, 60);
  for (let count = 0; count < 10_000; count += 1) await sessions.upsert(`later ${count}`, {}, 60);
  expect(await sessions.findByUid('third')).toBeUndefined();
});

it('a file keeps grants and used codes for the next start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-provider-'));
  const file = join(folder, 'data', 'provider.db');
  const first = openStorage(file);
  await first.openModel('RefreshToken').upsert('token', { grantId: 'one' }, 60);
  await first.openModel('AuthorizationCode').upsert('code', { grantId: 'one' }, 60);
  await first.openModel('AuthorizationCode').consume('code');
  first.close();
  const { openModel, close } = openStorage(file);
  expect(await openModel('RefreshToken').find('token')).toEqual({ grantId: 'one' });
  expect(await openModel('AuthorizationCode').find('code')).toEqual({
    grantId: 'one',
    consumed: expect.any(Number),
  });
  close();
  await rm(folder, { recursive: true });
});
