import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What hangs ends; a loaded machine may take its time. */
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 };

/**
 * Node only: servers, real sockets, the real provider, browsers. The files of one worker share its modules, which keep
 * nothing between tests: to load them for each file took more processor time than the tests.
 */
const onNode = (name: string, root: string, folder = 'test') => ({
  test: {
    name,
    root,
    environment: 'node' as const,
    include: [`${folder}/**/*.test.ts`],
    isolate: false,
    ...timeouts,
  },
});

/** Tests of what runs in a browser, in a DOM without one. */
const inDom = (name: string, root: string) => ({
  test: { name, root, environment: 'happy-dom' as const, include: ['test/**/*.test.{ts,tsx}'], ...timeouts },
});

export default defineConfig({
  test: {
    // Tests of processes and browsers wait more than they work: one worker more than cores fills the gaps.
    maxWorkers: availableParallelism() + 1,
    expect: { poll: { timeout: 20_000 } },
    coverage: {
      provider: 'v8',
      reportOnFailure: true,
      // Relative to the root of each project.
      include: ['src/**'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: '.vitest/coverage',
      // What the suite reaches, rounded down. Raise it when that rises.
      thresholds: { statements: 97, branches: 93, functions: 98, lines: 98 },
    },
    projects: [
      onNode('contract', 'packages/contract'),
      onNode('fastify', 'packages/fastify'),
      onNode('dev-provider', 'packages/dev-provider'),
      onNode('testkit', 'packages/testkit'),
      onNode('create-foyer', 'packages/create-foyer'),
      onNode('bff', 'apps/bff'),
      onNode('dev', 'apps/dev'),
      onNode('demo-api', 'apps/demo-api'),
      onNode('own-server', 'apps/own-server'),
      onNode('bench', 'bench'),
      inDom('client', 'packages/client'),
      inDom('web', 'apps/web'),
      onNode('e2e', 'apps/web', 'e2e'),
    ],
  },
});
