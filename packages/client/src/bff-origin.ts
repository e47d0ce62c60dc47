/** The address of the BFF, and how addresses of this page relate to it. */
export interface BffOrigin {
  /** Resolves an address against the origin of the BFF; absolute URLs stay as they are. */
  readonly resolve: (url: string | URL) => URL;
  /** Resolves a path of the BFF, such as `/api/me`, below the BFF's own path. */
  readonly at: (path: string) => URL;
  /** Whether a URL is one of the BFF: of its origin, below its path. */
  readonly owns: (url: URL) => boolean;
  /** An address that the BFF sent as a page links to it: unchanged when the BFF has the page's origin, else an absolute URL. */
  readonly link: (path: string) => string;
  /** An address of this page as the value of `/login?returnTo=`. */
  readonly returnTo: (url: string) => string;
}

/** Creates the address of the BFF at `baseUrl`: an origin, a path or both; the empty string is the page's own origin. */
export const createBffOrigin = (baseUrl: string): BffOrigin => {
  const base = (): URL => new URL(baseUrl || '/', location.href);
  const basePath = (): string => base().pathname.replace(/\/$/, '');
  const resolve = (url: string | URL): URL => new URL(url, base());
  const owns = ({ origin, pathname }: URL): boolean =>
    origin === base().origin && `${pathname}/`.startsWith(`${basePath()}/`);
  const isAbsolute = /^https?:/i.test(baseUrl);
  return {
    resolve,
    at: (path) => resolve(`${basePath()}${path}`),
    owns,
    link: (path) => (isAbsolute ? resolve(path).href : path),
    returnTo: (url) => {
      const { href, pathname, search, hash } = new URL(url, location.href);
      return owns(new URL(location.href)) ? `${pathname}${search}${hash}` : href;
    },
  };
};
