import type { Me, User } from '@foyer/contract';
import { parseMe } from '@foyer/contract';
import type { ReactNode } from 'react';
import { expectTypeOf, test } from 'vitest';
import {
  type BffClient,
  createBffClient,
  lastSignedIn,
  type SessionSnapshot,
  type SignedInSnapshot,
} from '../src/index.ts';
import { RequireUser, useSession, useUser } from '../src/react/index.ts';

/** `pnpm check` compiles these: a promise about types fails there. */

type Status<Name extends SessionSnapshot['status']> = Extract<SessionSnapshot, { status: Name }>;

test('the snapshot is one of four, and only a signed-in one has a user', () => {
  expectTypeOf<SessionSnapshot['status']>().toEqualTypeOf<
    'loading' | 'anonymous' | 'signed-in' | 'unreachable'
  >();
  expectTypeOf<Status<'signed-in'>['user']>().toEqualTypeOf<User>();
  expectTypeOf<Status<'loading' | 'anonymous' | 'unreachable'>>().not.toHaveProperty('user');
  expectTypeOf<Status<'unreachable'>['last']>().toEqualTypeOf<SignedInSnapshot | undefined>();
  expectTypeOf(lastSignedIn).returns.toEqualTypeOf<SignedInSnapshot | undefined>();
});

test('the client stands in for fetch, and takes no more than it needs', () => {
  expectTypeOf(createBffClient).returns.toEqualTypeOf<BffClient>();
  expectTypeOf<BffClient['fetch']>().toEqualTypeOf<typeof fetch>();
  expectTypeOf<BffClient['login']>().toBeCallableWith();
  expectTypeOf<BffClient['login']>().toBeCallableWith({ returnTo: '/profile' });
  expectTypeOf<BffClient['logout']>().returns.resolves.toBeVoid();
});

test('the hooks return the snapshot and the user, who may be undefined', () => {
  expectTypeOf(useSession).returns.toEqualTypeOf<SessionSnapshot>();
  expectTypeOf(useUser).returns.toEqualTypeOf<User | undefined>();
  expectTypeOf(RequireUser).parameter(0).toHaveProperty('children').toEqualTypeOf<ReactNode>();
});

test('claims that were not declared are unknown, and a parser takes anything', () => {
  expectTypeOf<User['sub']>().toBeString();
  expectTypeOf<User['groups']>().toBeUnknown();
  expectTypeOf(parseMe).parameter(0).toBeUnknown();
  expectTypeOf(parseMe).returns.toEqualTypeOf<Me>();
});

interface Mine {
  readonly groups?: readonly string[];
}

test('types follow the claims from the client to the views', () => {
  const client = createBffClient<Mine>();
  expectTypeOf<BffClient<Mine>>().toExtend<BffClient>();
  expectTypeOf(client.getSnapshot).returns.toEqualTypeOf<SessionSnapshot<Mine>>();
  expectTypeOf<NonNullable<ReturnType<typeof useUser<Mine>>>['groups']>().toEqualTypeOf<
    readonly string[] | undefined
  >();
  expectTypeOf<SignedInSnapshot<Mine>['user']['sub']>().toBeString();
  expectTypeOf<SignedInSnapshot<Mine>['user']['other']>().toBeUnknown();
  expectTypeOf(lastSignedIn(client.getSnapshot())).toEqualTypeOf<SignedInSnapshot<Mine> | undefined>();
});
