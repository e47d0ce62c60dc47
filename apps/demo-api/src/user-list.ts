import { randomUUID } from 'node:crypto';

/** An entry of the list. */
interface ListedUser {
  readonly id: string;
  readonly name: string;
  /** The `sub` of the user who added the entry; `undefined` for the initial entries. */
  readonly addedBy?: string;
}

/** A list that is kept in memory. */
export interface UserList {
  readonly all: () => readonly ListedUser[];
  /** `undefined` when the list is full. */
  readonly add: (name: string, addedBy: string) => ListedUser | undefined;
  /** `false` when there is no such entry. */
  readonly remove: (id: string) => boolean;
}

const maxEntries = 100;

/** Creates a list with two entries. It holds at most 100. */
export const createUserList = (): UserList => {
  const users = new Map<string, ListedUser>();
  const put = (user: ListedUser): ListedUser => {
    users.set(user.id, user);
    return user;
  };
  for (const name of ['Katherine Johnson', 'Alan Turing']) put({ id: randomUUID(), name });
  return {
    all: () => [...users.values()],
    add: (name, addedBy) => (users.size < maxEntries ? put({ id: randomUUID(), name, addedBy }) : undefined),
    remove: (id) => users.delete(id),
  };
};
