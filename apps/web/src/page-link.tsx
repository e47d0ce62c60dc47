import type { ComponentProps, ReactNode } from 'react';
import { useHref, useLinkClickHandler, useLocation } from 'react-router-dom';

/**
 * A link to another page of this SPA. The router's own brings the prefetching of its framework, which is not used here:
 * 4.6 kB of gzip.
 */
export const PageLink = ({ to, ...rest }: { readonly to: string } & ComponentProps<'a'>): ReactNode => {
  const href = useHref(to);
  const onClick = useLinkClickHandler<HTMLAnchorElement>(to);
  const { pathname } = useLocation();
  return <a {...rest} href={href} onClick={onClick} aria-current={pathname === to ? 'page' : undefined} />;
};
