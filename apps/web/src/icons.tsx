import type { ReactNode } from 'react';

/** Shapes of the icons, drawn on 24 by 24 units. */
const shapes = {
  browser: 'M3 5h18v14H3zM3 9h18M6 7h.01M9 7h.01',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  chevron: 'M6 9.5l6 6 6-6',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  cookie: 'M12 3a9 9 0 1 0 9 9 4 4 0 0 1-4-4 4 4 0 0 1-5-5zM9 10h.01M8.5 15h.01M14 15.5h.01',
  laptop: 'M5 5h14v10H5zM2.5 19h19',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6M17.5 14a6.5 6.5 0 0 1 4 6',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0',
  phone: 'M7.5 2.5h9v19h-9zM11 18.5h2',
  provider: 'M12 3l8 3v6c0 4.5-3.2 7.6-8 9-4.8-1.4-8-4.5-8-9V6zM8.5 12l2.5 2.5 4.5-4.5',
  server: 'M4 4h16v7H4zM4 13h16v7H4zM7.5 7.5h.01M7.5 16.5h.01',
  signOut: 'M10 4H4v16h6M15 8l4 4-4 4M19 12H9',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof shapes;

/** A line drawing in the colour of the text; decoration only, so its meaning is always in words beside it. */
export const Icon = ({ name }: { readonly name: IconName }): ReactNode => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={shapes[name]} />
  </svg>
);

/** The mark of the product, in the accent colour of the theme. */
export const Logo = (): ReactNode => (
  <svg className="logo" viewBox="0 0 16 16" aria-hidden="true">
    <rect width="16" height="16" rx="4" />
    <path d="M5 13V5a3 3 0 0 1 6 0v8" />
  </svg>
);
