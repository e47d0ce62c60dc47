import { randomUUID } from 'node:crypto';

/** An entry of the list. */
interface ListedUser {
  readonly id: string;
  readonly name: string;
  /** Subject of whoever added it; `undefined` for those that were there from the start. */
  readonly addedBy?: string;
}

/** A list in memory, gone when the process ends. */
export interface UserList {
  readonly all: () => readonly ListedUser[];
  /** `undefined` when the list is full. */
  readonly add: (name: string, addedBy: string) => ListedUser | undefined;
  /** `false` when there is no such entry. */
  readonly remove: (id: string) => boolean;
}

const most = 100;

/** Makes a list with two entries in it; it takes 100 at most. */
export const createUserList = (): UserList => {
  const users = new Map<string, ListedUser>();
  const put = (user: ListedUser): ListedUser => {
    users.set(user.id, user);
    return user;
  };
  for (const name of ['Katherine Johnson', 'Alan Turing']) put({ id: randomUUID(), name });
  return {
    all: () => [...users.values()],
    add: (name, addedBy) => (users.size < most ? put({ id: randomUUID(), name, addedBy }) : undefined),
    remove: (id) => users.delete(id),
  };
};
