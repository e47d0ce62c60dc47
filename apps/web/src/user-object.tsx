import type { User } from '@foyer/contract';
import { type ReactNode, useState } from 'react';

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
            Copy<span className="unseen"> the user object</span>
          </button>
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reached by keyboard, WCAG 2.1.1 */}
      <pre tabIndex={0}>{json}</pre>
    </section>
  );
};
