import type { User } from '@foyer/contract';
import { type ReactNode, useState } from 'react';
import { Icon } from './icons.tsx';
import { JsonView } from './json-view.tsx';

/** The whole user object as JSON, with a button that copies it. */
export const UserObject = ({ user }: { readonly user: User }): ReactNode => {
  const [said, setSaid] = useState('');
  const json = JSON.stringify(user, undefined, 2);
  const copy = (): void => {
    navigator.clipboard.writeText(json).then(
      () => setSaid('Copied'),
      () => setSaid('The browser did not allow it'),
    );
  };
  return (
    <section className="card stack">
      <div className="head">
        <h2>User object:</h2>
        <div className="head">
          <span role="status" className="soft small">
            {said}
          </span>
          <button type="button" className="quiet compact" onClick={copy}>
            <Icon name={said === 'Copied' ? 'check' : 'copy'} />
            Copy<span className="unseen"> the user object</span>
          </button>
        </div>
      </div>
      <JsonView json={json} />
    </section>
  );
};
