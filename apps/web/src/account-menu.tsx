import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router-dom';
import { Icon, type IconName } from './icons.tsx';
import { Portrait } from './portrait.tsx';

const destinations: readonly (readonly [path: string, icon: IconName, label: string])[] = [
  ['/profile', 'person', 'Profile'],
  ['/sessions', 'laptop', 'Sessions'],
  ['/users', 'people', 'API demo'],
];

/** The ways to every view of the signed-in user, as a popover that Escape and a click elsewhere close. */
export const AccountMenu = ({
  displayName,
  picture,
  onSignOut,
}: {
  readonly displayName: string;
  readonly picture: unknown;
  readonly onSignOut: () => void;
}): ReactNode => {
  const menu = useRef<HTMLDivElement>(null);
  const { key } = useLocation();
  useEffect(() => menu.current?.hidePopover?.(), [key]);
  return (
    <>
      <button type="button" className="account" popoverTarget="account-menu">
        <span className="unseen">Account menu</span>
        <Portrait displayName={displayName} picture={picture} />
        <Icon name="chevron" />
      </button>
      <div id="account-menu" className="menu" popover="auto" ref={menu}>
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
