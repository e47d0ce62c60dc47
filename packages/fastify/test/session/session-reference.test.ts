import { expect, test } from 'vitest';
import { createReference, type SessionReference } from '../../src/session/session-reference.ts';

test('ids begin with their time, and no two of a moment are alike', () => {
  const timeOf = ({ id }: SessionReference): number => Buffer.from(id, 'base64url').readUIntBE(0, 6);
  const now = Date.now();
  const references = Array.from({ length: 1000 }, () => createReference(now));
  expect(new Set(references.map(timeOf))).toEqual(new Set([now]));
  expect(new Set(references.map(({ id }) => id)).size).toBe(1000);
  expect(new Set(references.map(({ key }) => key.toString('base64url'))).size).toBe(1000);
});
