import type { IncomingHttpHeaders } from 'node:http';
import { createRandomTexts } from '../logging/request-id.ts';
import { memoize } from '../memoize.ts';
import { isOrdinary, mayPass } from '../options/passed-headers.ts';
import { type HeaderValues, pickHeaders } from './hop-by-hop.ts';

/** What the upstream is sent beside the request's own headers. */
interface ForwardedFrom {
  readonly requestId: string;
  /** Address of the client. */
  readonly ip: string;
}

const passes = memoize(500, (name: string) => isOrdinary(name) && mayPass(name));

const wellFormedTrace = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const createRandomHex = createRandomTexts(24, 'hex');

/** A trace of our own, not sampled: whether traces are recorded is not ours to decide. @see W3C Trace Context section 3.2 */
const createTrace = (): string => {
  const random = createRandomHex();
  return `00-${random.slice(0, 32)}-${random.slice(32)}-00`;
};

/** Makes what makes the headers of upstream requests. @see RFC 9110 section 7.6 */
export const createUpstreamHeaders = (
  publicUrl: string,
): ((headers: IncomingHttpHeaders, from: ForwardedFrom, passHeaders: readonly string[]) => HeaderValues) => {
  const { protocol, host } = new URL(publicUrl);
  const proto = protocol.slice(0, -1);
  return (headers, { requestId, ip }, passHeaders) => {
    const picked = pickHeaders(
      headers,
      (name) => passes(name) || (passHeaders.includes(name) && mayPass(name)),
    );
    const { traceparent } = headers;
    const isTraced = typeof traceparent === 'string' && wellFormedTrace.test(traceparent);
    if (!isTraced) delete picked.tracestate;
    picked['x-request-id'] = requestId;
    picked.traceparent = isTraced ? traceparent : createTrace();
    picked['x-forwarded-for'] = ip;
    picked['x-forwarded-proto'] = proto;
    picked['x-forwarded-host'] = host;
    return picked;
  };
};
