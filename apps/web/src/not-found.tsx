import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { PageHeading } from './page-heading.tsx';

/** The view for a path that has no page. */
export const NotFound = (): ReactNode => (
  <section className="card message">
    <PageHeading title="Not found">There is nothing here</PageHeading>
    <p className="soft">The address may be mistyped, or the page has moved.</p>
    <Link className="button" to="/">
      Home
    </Link>
  </section>
);
