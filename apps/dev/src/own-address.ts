import { randomBytes } from 'node:crypto';
import { codeOf } from '@foyer/environment';
import { isLoopbackHost } from '@foyer/fastify/options';

const timeoutMs = 3000;

type Answer = 'ours' | 'foreign' | 'untrusted' | 'unfit' | 'none';

const judgeFailure = ({ cause }: { readonly cause?: unknown }): Answer => {
  const code = codeOf(cause) ?? '';
  if (/ISSUER|SIGNATURE|SELF_SIGNED/.test(code)) return 'untrusted';
  return code.includes('CERT') ? 'unfit' : 'none';
};

/** What answers at the public URL: this BFF repeats the id of a request, and another program does not know it. */
const findAnswer = async (publicUrl: string): Promise<Answer> => {
  const id = randomBytes(16).toString('hex');
  try {
    const answer = await fetch(`${publicUrl.replace(/\/$/, '')}/healthz`, {
      redirect: 'manual',
      headers: { 'x-request-id': id },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return answer.ok && answer.headers.get('x-request-id') === id ? 'ours' : 'foreign';
  } catch (error) {
    return error instanceof Error ? judgeFailure(error) : 'none';
  }
};

const describeWay = (publicUrl: string, port: number): string => {
  const { hostname, port: publicPort, protocol, pathname } = new URL(publicUrl);
  const wanted = publicPort || (protocol === 'https:' ? '443' : '80');
  return isLoopbackHost(hostname) && protocol === 'http:' && wanted !== String(port)
    ? `The BFF listens on port ${port}. Set PORT=${wanted}, or PUBLIC_URL=http://${hostname}:${port}${pathname.replace(/\/$/, '')}, unless a proxy is to lead from there to here.`
    : `Let the proxy or tunnel behind it lead to port ${port} of this machine.`;
};

/** Why a browser that opens the public URL does not come to the BFF, and what to do; `undefined` when it does. */
export const findAddressProblem = async (publicUrl: string, port: number): Promise<string | undefined> => {
  const found = await findAnswer(publicUrl);
  if (found === 'ours') return undefined;
  if (found === 'untrusted')
    return `${publicUrl} has a certificate that Node does not trust. Set NODE_EXTRA_CA_CERTS to the file of its authority; the browser has to trust it too.`;
  if (found === 'unfit')
    return `${publicUrl} has a certificate that has expired, or is for another host. Give its server one that is valid for this host.`;
  const problem = found === 'none' ? 'does not answer' : 'is answered by another program';
  return `${publicUrl} ${problem}. ${describeWay(publicUrl, port)}`;
};
