import type { Server } from 'node:http';
import type { ProblemCode, User } from '@foyer/contract';
import Fastify, {
  type FastifyHttpOptions,
  type FastifyPluginAsync,
  type FastifyRequest,
  type onRequestAsyncHookHandler,
} from 'fastify';
import { expectTypeOf, test } from 'vitest';
import {
  type BffOptions,
  bff,
  type createServerOptions,
  currentUser,
  type OptionIssue,
  type OptionsError,
  type openSessionStore,
  type Problem,
  type RequireUserHook,
  requireUser,
  type SessionStore,
} from '../src/index.ts';

/** `pnpm check` compiles these: a promise about types fails there. */

type Required<Options> = { [Name in keyof Options]-?: undefined extends Options[Name] ? never : Name };

test('the plugin and its hook fit into any Fastify 5', () => {
  expectTypeOf(bff).toExtend<FastifyPluginAsync<BffOptions>>();
  expectTypeOf(requireUser).toExtend<onRequestAsyncHookHandler>();
  expectTypeOf<RequireUserHook>().toExtend<onRequestAsyncHookHandler>();
  expectTypeOf(requireUser).toBeCallableWith({ claims: { groups: ['a', 'b'] }, scope: 'x', maxAge: '10m' });
  expectTypeOf<ReturnType<typeof createServerOptions>>().toExtend<FastifyHttpOptions<Server>>();
});

test('the user of a request may not be there', () => {
  expectTypeOf(currentUser).parameters.toEqualTypeOf<[request: FastifyRequest]>();
  expectTypeOf(currentUser).returns.resolves.toEqualTypeOf<User | undefined>();
});

test('three options are required, and those of one provider or providers', () => {
  expectTypeOf<Required<BffOptions>[keyof BffOptions]>().toEqualTypeOf<
    'publicUrl' | 'sessionKeys' | 'sessionStore'
  >();
});

test('a store of one’s own answers with promises', () => {
  expectTypeOf<() => boolean>().not.toExtend<SessionStore['remove']>();
  expectTypeOf<() => Promise<boolean>>().toExtend<SessionStore['remove']>();
  expectTypeOf<() => Promise<void>>().not.toExtend<SessionStore['remove']>();
  expectTypeOf<typeof openSessionStore>().returns.resolves.toEqualTypeOf<SessionStore>();
});

test('errors have their code, and name the options that are wrong', () => {
  expectTypeOf<Problem>().toExtend<Error>();
  expectTypeOf<Problem['code']>().toEqualTypeOf<ProblemCode>();
  expectTypeOf<OptionsError['issues']>().toEqualTypeOf<readonly OptionIssue[]>();
});

interface Mine {
  readonly groups?: readonly string[];
}

test('types follow the claims from onLogin to routes of one’s own', () => {
  const app = Fastify();
  const options: Omit<BffOptions<Mine>, 'onLogin'> = {} as BffOptions;
  const mine: BffOptions<Mine> = {
    ...options,
    onLogin: async ({ claims }) => {
      expectTypeOf(claims.groups).toEqualTypeOf<readonly string[] | undefined>();
      expectTypeOf(claims.sub).toBeString();
      return claims.groups?.includes('banned') ? { refuse: 'banned' } : undefined;
    },
  };
  expectTypeOf(() => app.register(bff, mine)).toBeFunction();
  expectTypeOf(() =>
    app.register(bff, { ...options, onLogin: async ({ claims }) => ({ add: { id: claims.employee } }) }),
  ).toBeFunction();
  expectTypeOf<Awaited<ReturnType<typeof currentUser<Mine>>>>().toEqualTypeOf<(User & Mine) | undefined>();
});
