import type { EnvironmentIssue } from './environment-error.ts';
import type { Environment } from './read-variables.ts';

/** The standard variables of the proxy on the way to the provider. */
export const proxyVariables: readonly string[] = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

const protocols = ['http:', 'https:', 'socks5:', 'socks:'];

/** The proxy variables that name no proxy. `host:port` is none: its first part would be the protocol. */
export const findProxyMistakes = (environment: Environment): readonly EnvironmentIssue[] =>
  proxyVariables
    .filter((variable) => {
      const text = environment[variable]?.trim() ?? '';
      return text !== '' && !protocols.includes(URL.parse(text)?.protocol ?? '');
    })
    .map((variable) => ({
      variable,
      problem: 'is not the URL of a proxy',
      remedy: 'Write it as http://proxy.example:3128.',
    }));
