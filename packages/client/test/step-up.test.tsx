import { cleanup, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { type ReactNode, StrictMode, useState } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { createBffClient } from '../src/index.ts';
import { BffProvider, RequireUser, useBffClient, useStepUp } from '../src/react/index.ts';
import { json, signedIn, stubBrowser } from './fake-bff.ts';

afterEach(() => {
  cleanup();
  sessionStorage.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const refusal = (loginUrl: unknown): Response =>
  json({ type: 'urn:foyer:problem:step_up_required', code: 'step_up_required', loginUrl }, 401, {
    'content-type': 'application/problem+json',
  });

const asked = '/login?acr_values=gold&max_age=300';
const toStepUp = `${asked}&returnTo=%2Fprofile%3Fx%3D1%23top`;

test('calls that need a better sign-in lead to it once, and back here', async () => {
  const browser = stubBrowser(() => refusal(asked));
  const client = createBffClient();
  const answers = await Promise.all(Array.from({ length: 5 }, () => client.fetch('/api/notes')));
  expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(401));
  expect(browser.moves).toEqual([toStepUp]);
});

test('a page that came back from a sign-in does not leave for the same one again', async () => {
  vi.useFakeTimers();
  const browser = stubBrowser(() => refusal(asked));
  await createBffClient().fetch('/api/notes');
  const back = createBffClient();
  expect((await back.fetch('/api/notes')).status).toBe(401);
  await back.fetch('/api/notes');
  expect(browser.moves).toEqual([toStepUp]);
  vi.advanceTimersByTime(60_000);
  await back.fetch('/api/notes');
  expect(browser.moves).toEqual([toStepUp, toStepUp]);
});

test('a page that came back from one sign-in leaves for another', async () => {
  const browser = stubBrowser((call) => refusal(call.endsWith('old') ? '/login?max_age=60' : asked));
  await createBffClient().fetch('/api/old');
  await createBffClient().fetch('/api/notes');
  expect(browser.moves).toHaveLength(2);
});

test.each([
  ['elsewhere', 'https://evil.example/login?max_age=1', '/login?max_age=1&'],
  ['on another path', '/api/notes?max_age=1&returnTo=/x', '/login?max_age=1&'],
])(
  'a better sign-in is the login of the BFF, whatever an upstream names %s',
  async (_what, loginUrl, begin) => {
    const browser = stubBrowser(() => refusal(loginUrl));
    await createBffClient().fetch('/api/notes');
    expect(browser.moves).toEqual([`${begin}returnTo=%2Fprofile%3Fx%3D1%23top`]);
  },
);

test.each([['/login'], ['/login?returnTo=/x'], [undefined]])(
  'an answer that asks for nothing (%s) is left to the caller',
  async (loginUrl) => {
    const browser = stubBrowser(() => refusal(loginUrl));
    expect((await createBffClient().fetch('/api/notes')).status).toBe(401);
    expect(browser.moves).toEqual([]);
  },
);

test('a browser that keeps no storage stays, because it could not know that it came back', async () => {
  const browser = stubBrowser(() => refusal(asked));
  vi.stubGlobal('sessionStorage', undefined);
  expect((await createBffClient().fetch('/api/notes')).status).toBe(401);
  vi.unstubAllGlobals();
  expect(browser.moves).toEqual([]);
});

test('a view asks first, and leaves when the user agrees', async () => {
  const browser = stubBrowser(() => refusal(asked));
  const client = createBffClient();
  const agree: (() => void)[] = [];
  const unfollow = client.onStepUp((event) => {
    event.preventDefault();
    agree.push(event.leave);
  });
  await client.fetch('/api/notes');
  expect(browser.moves).toEqual([]);
  agree[0]?.();
  agree[0]?.();
  expect(browser.moves).toEqual([toStepUp]);
  unfollow();
});

const Form = (): ReactNode => {
  const client = useBffClient();
  const [text, setText] = useState<string>();
  const kept = useStepUp('note', () => text ?? '');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        client.fetch('/api/notes', { method: 'POST', body: text ?? '' });
      }}
    >
      <input aria-label="note" value={text ?? kept ?? ''} onChange={({ target }) => setText(target.value)} />
      <button type="submit">Save</button>
    </form>
  );
};

const showForm = () =>
  render(
    <StrictMode>
      <BffProvider client={createBffClient()}>
        <RequireUser>
          <Form />
        </RequireUser>
      </BffProvider>
    </StrictMode>,
  );

const inputValue = async (): Promise<string> => {
  const input = await screen.findByRole('textbox');
  return input instanceof HTMLInputElement ? input.value : '';
};

const stubForm = (sub: () => string) =>
  stubBrowser((call) =>
    call.startsWith('GET /api/me') ? json({ ...signedIn, user: { sub: sub() } }) : refusal(asked),
  );

/** A browser that has left forgets the views without their cleanup. */
const leavePage = (): void => {
  const entries = Object.entries(sessionStorage);
  cleanup();
  for (const [key, value] of entries) sessionStorage.setItem(key, String(value));
};

test('a form keeps its content through a better sign-in, once', async () => {
  const browser = stubForm(() => 'ada');
  showForm();
  await userEvent.type(await screen.findByRole('textbox'), 'not saved yet');
  await userEvent.click(screen.getByRole('button'));
  await expect.poll(() => browser.moves).toEqual([toStepUp]);
  leavePage();
  showForm();
  expect(await inputValue()).toBe('not saved yet');
  cleanup();
  showForm();
  expect(await inputValue()).toBe('');
});

test('what one user typed is never another user’s', async () => {
  let sub = 'ada';
  const browser = stubForm(() => sub);
  showForm();
  await userEvent.type(await screen.findByRole('textbox'), 'secret of Ada');
  await userEvent.click(screen.getByRole('button'));
  await expect.poll(() => browser.moves).toEqual([toStepUp]);
  leavePage();
  sub = 'grace';
  showForm();
  expect(await inputValue()).toBe('');
});
