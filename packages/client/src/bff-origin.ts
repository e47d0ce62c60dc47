/** Where the BFF is, seen from this page. */
export interface BffOrigin {
  /** The address of a path of the BFF; whole addresses stay as they are. */
  readonly resolve: (url: string | URL) => URL;
  /** Whether an address is one of the BFF. */
  readonly owns: (url: URL) => boolean;
  /** A path of the BFF as a page links to it: itself where the BFF is the page's own origin. */
  readonly link: (path: string) => string;
  /** An address of this page as `/login` takes it for `returnTo`. */
  readonly wayBack: (url: string) => string;
}

/** Makes it for the BFF at `baseUrl`; the empty one is the page's own origin. */
export const createBffOrigin = (baseUrl: string): BffOrigin => {
  const resolve = (url: string | URL): URL => new URL(url, baseUrl || location.href);
  const owns = (url: URL): boolean => url.origin === resolve('/').origin;
  return {
    resolve,
    owns,
    link: (path) => (baseUrl === '' ? path : resolve(path).href),
    wayBack: (url) => {
      const { href, pathname, search, hash } = new URL(url, location.href);
      return owns(new URL(location.href)) ? `${pathname}${search}${hash}` : href;
    },
  };
};
