import { expect, it } from 'vitest';
import { createMemory } from '../src/memory.ts';

it('revoking a grant through one model removes the tokens of every model, of that grant only', async () => {
  const openModel = createMemory();
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
