/** The origin of the BFF, and how addresses of this page relate to it. */
export interface BffOrigin {
  /** Resolves a path against the BFF; absolute URLs stay as they are. */
  readonly resolve: (url: string | URL) => URL;
  /** Whether a URL has the BFF's origin. */
  readonly owns: (url: URL) => boolean;
  /** A path of the BFF as a page links to it: unchanged when the BFF has the page's origin, else an absolute URL. */
  readonly link: (path: string) => string;
  /** An address of this page as the value of `/login?returnTo=`. */
  readonly returnTo: (url: string) => string;
}

/** Creates the origin of the BFF at `baseUrl`; the empty string stands for the page's own origin. */
export const createBffOrigin = (baseUrl: string): BffOrigin => {
  const resolve = (url: string | URL): URL => new URL(url, baseUrl || location.href);
  const owns = (url: URL): boolean => url.origin === resolve('/').origin;
  return {
    resolve,
    owns,
    link: (path) => (baseUrl === '' ? path : resolve(path).href),
    returnTo: (url) => {
      const { href, pathname, search, hash } = new URL(url, location.href);
      return owns(new URL(location.href)) ? `${pathname}${search}${hash}` : href;
    },
  };
};
