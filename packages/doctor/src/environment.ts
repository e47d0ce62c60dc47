/** The variable that names a proxy on the way to the provider; `undefined` where none does. */
export const findProxyVariable = (): string | undefined =>
  ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => (process.env[name] ?? '') !== '');
