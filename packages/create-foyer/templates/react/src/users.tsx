import { useBffClient } from '@foyer/client/react';
import { type ReactNode, useEffect, useState } from 'react';
import { PageHeading } from './page-heading.tsx';

/** What a route of your own server answers: `/api/hello` of `app.ts`, which only signed-in users reach. */
export const Users = (): ReactNode => {
  const client = useBffClient();
  const [answer, setAnswer] = useState('');
  useEffect(() => {
    const ask = async (): Promise<void> => {
      const response = await client.fetch('/api/hello');
      setAnswer(await response.text());
    };
    ask().catch(() => setAnswer('The server cannot be reached.'));
  }, [client]);
  return (
    <div className="topic">
      <div className="intro">
        <PageHeading title="Your API">An API of your own</PageHeading>
        <p className="soft">
          The server answers <code>/api/hello</code> to signed-in users only. Change the route in{' '}
          <code>app.ts</code>, and this view in <code>src/users.tsx</code>.
        </p>
      </div>
      <section className="card">
        <pre role="status">{answer}</pre>
      </section>
    </div>
  );
};
