import { IncomingMessage, ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';

/** Names in lower case and values, in turn. */
export type HeaderList = readonly string[];

/** A whole answer that lies ready. */
export interface ReadyAnswer {
  readonly status: number;
  /** What it has beside the headers of every answer; one list is given again and again. Only what `vary` says may be said by others too. */
  readonly headers: HeaderList;
  /** `undefined` where none is sent. */
  readonly body: string | undefined;
  /** Bytes, where the answer tells them. */
  readonly length: number | undefined;
  /** How the body becomes bytes. */
  readonly encoding: 'utf8' | 'latin1';
}

const printList = (list: HeaderList): string => {
  let printed = '';
  for (let index = 0; index < list.length; index += 2) {
    const [name = '', value = ''] = [list[index], list[index + 1]];
    validateHeaderName(name);
    validateHeaderValue(name, value);
    printed += `${name}: ${value}\r\n`;
  }
  return printed;
};

/** Prints a list once, and checks it then. */
const createPrinter = (): ((list: HeaderList) => string) => {
  const printed = new WeakMap<HeaderList, string>();
  return (list) => {
    const known = printed.get(list) ?? printList(list);
    printed.set(list, known);
    return known;
  };
};

/** Node's own printing of a head, below `writeHead`: behind the first line that it is given it puts the headers. */
type StoreHeader = (this: ServerResponse, firstLine: string, headers: readonly string[]) => void;

const isFunction = (value: unknown): value is StoreHeader => typeof value === 'function';

const okLine = 'HTTP/1.1 200 OK\r\n';

/** Finds it, unless this Node does not print what is expected: then `writeHead` is used. */
const findStoreHeader = (): StoreHeader | undefined => {
  const found: unknown = Reflect.get(ServerResponse.prototype, '_storeHeader');
  if (!isFunction(found)) return undefined;
  const probe = new ServerResponse(new IncomingMessage(new Socket()));
  found.call(probe, `${okLine}x-ready: yes\r\n`, ['content-length', '0']);
  const expected = /^HTTP\/1\.1 200 OK\r\nx-ready: yes\r\ncontent-length: 0\r\n(.+\r\n)*\r\n$/;
  return expected.test(String(Reflect.get(probe, '_header'))) ? found : undefined;
};
const storeHeader = findStoreHeader();

/**
 * Whether a head is printed by nothing but its headers: it has status 200 and is the first of its response, nobody waits
 * for leave to send a body, and the response is Node's own, not one of HTTP/2 or of `inject`.
 */
const isPlain = (raw: ServerResponse, status: number): boolean =>
  status === 200 &&
  raw.constructor === ServerResponse &&
  !raw.headersSent &&
  raw.req.headers.expect === undefined;

/** Writes a head: Node checks and joins what is `own` to one answer; what lies `ready` was checked and joined before. */
export type WriteHead = (
  raw: ServerResponse,
  status: number,
  own: readonly string[],
  ready: readonly HeaderList[],
) => void;

/** Makes the writer. Checking and joining each header anew would be a tenth of all that is done for an answer. */
export const createHeadWriter = (): WriteHead => {
  const print = createPrinter();
  return (raw, status, own, ready) => {
    if (storeHeader === undefined || !isPlain(raw, status)) {
      raw.writeHead(status, [...own, ...ready.flat()]);
      return;
    }
    raw.statusCode = status;
    let first = okLine;
    for (const list of ready) first += print(list);
    storeHeader.call(raw, first, own);
  };
};

type Given = Readonly<Record<string, number | string | string[] | undefined>>;

/** The same list, unless the reply was told of something else that the answer depends on. */
const withVary = (headers: HeaderList, { vary }: Given): HeaderList => {
  if (vary === undefined) return headers;
  return headers.map((text, index) => (headers[index - 1] === 'vary' ? `${String(vary)}, ${text}` : text));
};

const addGiven = (list: string[], given: Given, known: readonly HeaderList[]): void => {
  for (const name in given) {
    const value = given[name];
    if (value === undefined || known.some((each) => each.includes(name))) continue;
    for (const one of Array.isArray(value) ? value : [String(value)]) list.push(name, one);
  }
};

/**
 * Makes the sender of ready answers: head and body in one piece, past Fastify's own way and its `onSend` hooks. Whatever
 * else the reply has been given comes along.
 */
export const createReadySender =
  (writeHead: WriteHead): ((reply: FastifyReply, usual: HeaderList, answer: ReadyAnswer) => void) =>
  (reply, usual, { status, headers: told, body, length, encoding }) => {
    const { raw, request } = reply;
    const given: Given = reply.getHeaders();
    const headers = withVary(told, given);
    const own = ['x-request-id', request.id];
    if (length !== undefined) own.push('content-length', String(length));
    addGiven(own, given, [own, usual, headers]);
    writeHead(raw, status, own, [usual, headers]);
    // Not before: a header that is refused is answered by Fastify as any other error.
    reply.hijack();
    raw.end(body, encoding);
  };
