import { cleanup, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { type ReactNode, StrictMode } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { createBffClient } from '../src/index.ts';
import { BffProvider, RequireUser, useBffClient, useSession, useUser } from '../src/react/index.ts';
import { anonymous, json, signedIn, stubBrowser } from './fake-bff.ts';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const Status = ({ rendered }: { readonly rendered: string[] }): ReactNode => {
  const { status } = useSession();
  const client = useBffClient();
  rendered.push(status);
  return (
    <button type="button" onClick={() => client.refresh()}>
      {status}
    </button>
  );
};

const Name = (): ReactNode => String(useUser()?.name ?? 'no one');

const show = (view: ReactNode) => render(<BffProvider client={createBffClient()}>{view}</BffProvider>);

test('useSession renders again once a change', async () => {
  let me: unknown = anonymous;
  stubBrowser(() => json(me));
  const rendered: string[] = [];
  show(<Status rendered={rendered} />);
  await userEvent.click(await screen.findByRole('button', { name: 'anonymous' }));
  me = signedIn;
  await userEvent.click(screen.getByRole('button', { name: 'anonymous' }));
  await screen.findByRole('button', { name: 'signed-in' });
  expect(rendered).toEqual(['loading', 'anonymous', 'signed-in']);
});

test('StrictMode asks once and opens one stream, although it subscribes twice', async () => {
  const browser = stubBrowser(() => json(signedIn));
  const opened: URL[] = [];
  vi.stubGlobal('EventSource', function openSource(url: URL) {
    opened.push(url);
    return Object.assign(new EventTarget(), { close: () => undefined });
  });
  const rendered: string[] = [];
  show(
    <StrictMode>
      <Status rendered={rendered} />
    </StrictMode>,
  );
  await screen.findByRole('button', { name: 'signed-in' });
  expect(browser.calls).toEqual(['GET /api/me']);
  expect(opened).toHaveLength(1);
  expect([...new Set(rendered)]).toEqual(['loading', 'signed-in']);
});

test('RequireUser sends an anonymous user to the sign-in once, under StrictMode too', async () => {
  const browser = stubBrowser(() => json(anonymous));
  show(
    <StrictMode>
      <RequireUser pending="wait">secret</RequireUser>
    </StrictMode>,
  );
  await expect.poll(() => browser.moves).toEqual(['/login?returnTo=%2Fprofile%3Fx%3D1%23top']);
  expect(screen.getByText('wait')).toBeDefined();
  expect(screen.queryByText('secret')).toBeNull();
});

test('RequireUser does not redirect a person whose session ended while the view was shown', async () => {
  let me: unknown = signedIn;
  const browser = stubBrowser(() => json(me));
  const source = Object.assign(new EventTarget(), { close: () => undefined });
  vi.stubGlobal('EventSource', function openSource() {
    return source;
  });
  show(<RequireUser pending="ended">secret</RequireUser>);
  await screen.findByText('secret');
  me = anonymous;
  source.dispatchEvent(new MessageEvent('signed-out', { data: '{"reason":"revoked"}' }));
  await screen.findByText('ended');
  expect(browser.moves).toEqual([]);
});

test('RequireUser says that the server is unreachable, and does not redirect', async () => {
  const browser = stubBrowser(() => json({}, 503));
  show(<RequireUser unreachable="no server">secret</RequireUser>);
  await screen.findByText('no server');
  expect(browser.moves).toEqual([]);
});

test('RequireUser keeps what it shows through an outage', async () => {
  let isUp = true;
  stubBrowser(() => (isUp ? json(signedIn) : json({}, 503)));
  show(
    <RequireUser unreachable="no server">
      <Name />
      <input aria-label="draft" />
      <Status rendered={[]} />
    </RequireUser>,
  );
  await userEvent.type(await screen.findByRole('textbox'), 'not sent yet');
  isUp = false;
  await userEvent.click(screen.getByRole('button'));
  await screen.findByRole('button', { name: 'unreachable' });
  expect(screen.getByText('Ada')).toBeDefined();
  expect(screen.getByRole('textbox')).toHaveProperty('value', 'not sent yet');
});

test('useUser gives the claims of the signed-in user', async () => {
  stubBrowser(() => json(signedIn));
  show(<Name />);
  expect(screen.getByText('no one')).toBeDefined();
  await screen.findByText('Ada');
});

test('a view outside of a BffProvider gets an error that says so', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => render(<Name />)).toThrow('useSession needs a <BffProvider> above it');
  vi.restoreAllMocks();
});
