import type { ApiRoute } from '../options.ts';

/**
 * Makes the translation of an upstream's `Location`: one that leads into an API of ours is told as our own path, one
 * that leads elsewhere on an upstream is left out, since its address is nobody's business, and any other is the
 * upstream's own answer and stays as it is.
 */
export const createLocations = (routes: readonly ApiRoute[]) => {
  const table = routes
    .map(({ prefix, upstream }) => {
      const { origin, pathname } = new URL(upstream);
      return { prefix, origin, base: pathname.replace(/\/$/, '') };
    })
    .sort((one, other) => other.base.length - one.base.length);

  /** `asked` is the URL that the upstream was asked for. */
  return (location: string, asked: URL): string | undefined => {
    const url = URL.parse(location, asked.href);
    if (url === null) return undefined;
    const own = table.filter(({ origin }) => origin === url.origin);
    if (own.length === 0) return location;
    const { pathname, search, hash } = url;
    const found = own.find(({ base }) => pathname === base || pathname.startsWith(`${base}/`));
    return found && `${found.prefix}${pathname.slice(found.base.length)}${search}${hash}`;
  };
};
