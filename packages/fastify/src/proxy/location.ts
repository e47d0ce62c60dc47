import type { ApiRoute } from '../options.ts';

/** A URL takes text beyond ASCII for characters; here it is the bytes of a header. */
const encodeBytes = (text: string): string =>
  text.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);

const withoutOrigin = (location: string): string => location.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');

/** Host and port without the scheme; the default port of either scheme is left out. */
const hostOf = ({ host }: URL): string => host.replace(/:(80|443)$/, '');

/**
 * Makes the translation of an upstream's `Location`: one that leads into an API of ours becomes our own path, one that
 * leads elsewhere on an upstream is left out, since its address is internal, and any other is the upstream's own answer
 * and stays as it is. Host and port decide: frameworks behind a proxy often name the wrong scheme.
 */
export const createLocations = (routes: readonly ApiRoute[], basePath: string) => {
  const table = routes
    .map(({ prefix, upstream }) => {
      const url = new URL(upstream);
      return { prefix: `${basePath}${prefix}`, host: hostOf(url), base: url.pathname.replace(/\/$/, '') };
    })
    .sort((one, other) => other.base.length - one.base.length);

  /** `asked` is the URL that the upstream was asked for. */
  return (location: string, asked: URL): string | undefined => {
    const encoded = encodeBytes(location);
    const url = URL.parse(encoded, asked.href);
    if (url === null) return undefined;
    const own = table.filter(({ host }) => host === hostOf(url));
    if (own.length === 0) return location;
    const { pathname, search, hash } = url;
    const found = own.find(({ base }) => pathname === base || pathname.startsWith(`${base}/`));
    if (found === undefined) return undefined;
    const translated = `${pathname}${search}${hash}`;
    // Unless the path had to be normalised, its bytes stay as they were sent.
    const path = withoutOrigin(encoded) === translated ? withoutOrigin(location) : translated;
    return `${found.prefix}${path.slice(found.base.length)}`;
  };
};
