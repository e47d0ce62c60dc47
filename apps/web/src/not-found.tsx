import type { ReactNode } from 'react';
import { PageHeading } from './page-heading.tsx';
import { PageLink } from './page-link.tsx';

/** A path that no page has. */
export const NotFound = (): ReactNode => (
  <section className="hero">
    <PageHeading title="Not found">There is nothing here</PageHeading>
    <p>The address may be mistyped, or the page has moved.</p>
    <PageLink className="button" to="/">
      Home
    </PageLink>
  </section>
);
