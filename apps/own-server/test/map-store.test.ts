import { describe } from 'vitest';
import { testSessionStore } from '../../../packages/fastify/test/kit/session-store-suite.ts';
import { createMapStore } from '../src/map-store.ts';

describe('a store of one’s own', () => {
  testSessionStore({ open: async () => createMapStore(), isAlone: true });
});
