import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'react-router-dom';
import { brand } from './brand.ts';

/** The main heading of a view: sets the document's title, and takes the focus after a change of route. */
export const PageHeading = ({
  title,
  children,
}: {
  readonly title?: string;
  readonly children: ReactNode;
}): ReactNode => {
  const heading = useRef<HTMLHeadingElement>(null);
  const { key } = useLocation();
  useEffect(() => {
    document.title = title === undefined ? brand.title : `${title} · ${brand.title}`;
    if (key !== 'default') heading.current?.focus();
  }, [title, key]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
};
