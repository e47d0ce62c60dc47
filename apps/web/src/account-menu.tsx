import type { User } from '@foyer/contract';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router-dom';
import { Icon, type IconName } from './icons.tsx';
import { Portrait } from './portrait.tsx';

const destinations: readonly (readonly [path: string, icon: IconName, label: string])[] = [
  ['/profile', 'person', 'Profile'],
  ['/sessions', 'laptop', 'Sessions'],
  ['/users', 'people', 'API demo'],
];

/** Who is signed in, and the ways to every view, as a popover that Escape and a click elsewhere close. */
export const AccountMenu = ({
  displayName,
  user,
  onSignOut,
}: {
  readonly displayName: string;
  readonly user: User;
  readonly onSignOut: () => void;
}): ReactNode => {
  const menu = useRef<HTMLDivElement>(null);
  const { key } = useLocation();
  useEffect(() => menu.current?.hidePopover?.(), [key]);
  return (
    <>
      <button type="button" className="account" popoverTarget="account-menu">
        <span className="unseen">Account menu</span>
        <Portrait displayName={displayName} picture={user.picture} />
        <Icon name="chevron" />
      </button>
      <div id="account-menu" className="menu" popover="auto" ref={menu}>
        <p className="menu-head">
          <strong>{displayName}</strong>
          {typeof user.email === 'string' && <span className="soft small">{user.email}</span>}
        </p>
        {destinations.map(([path, icon, label]) => (
          <Link key={path} to={path}>
            <Icon name={icon} />
            {label}
          </Link>
        ))}
        <button type="button" onClick={onSignOut}>
          <Icon name="signOut" />
          Sign out
        </button>
      </div>
    </>
  );
};
