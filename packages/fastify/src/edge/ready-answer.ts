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

/** Where Node keeps the head that it has printed and not yet sent. */
const headField = '_header';

const readHead = (raw: ServerResponse): unknown => Reflect.get(raw, headField);

/** Whether this Node keeps it there: what is put in is sent. */
const keepsHead = (): boolean => {
  const probe = new ServerResponse(new IncomingMessage(new Socket()));
  probe.writeHead(200, ['content-length', '0']);
  return /^HTTP\/1\.1 200 OK\r\ncontent-length: 0\r\n(.+\r\n)*\r\n$/.test(String(readHead(probe)));
};
const isHeadKept = keepsHead();

/** Puts printed headers behind the status line. */
const insert = (raw: ServerResponse, printed: string): void => {
  const head = String(readHead(raw));
  const lineEnd = head.indexOf('\r\n') + 2;
  Reflect.set(raw, headField, `${head.slice(0, lineEnd)}${printed}${head.slice(lineEnd)}`);
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
 * else the reply has been given comes along. Node would check and join each header anew for every answer, which is a
 * tenth of all that is done for one: here lists are checked and joined once, and put into the head that Node makes.
 * Responses of another kind, such as those of HTTP/2 and of `inject`, are given the lists instead.
 */
export const createReadySender = (): ((
  reply: FastifyReply,
  usual: HeaderList,
  answer: ReadyAnswer,
) => void) => {
  const print = createPrinter();
  return (reply, usual, { status, headers: told, body, length, encoding }) => {
    const { raw, request } = reply;
    const given: Given = reply.getHeaders();
    const headers = withVary(told, given);
    const own = ['x-request-id', request.id];
    if (length !== undefined) own.push('content-length', String(length));
    addGiven(own, given, [own, usual, headers]);
    if (isHeadKept && raw.constructor === ServerResponse) {
      const printed = print(usual) + print(headers);
      raw.writeHead(status, own);
      insert(raw, printed);
    } else raw.writeHead(status, [...own, ...usual, ...headers]);
    // Not before: a header that is refused is answered by Fastify as any other error.
    reply.hijack();
    raw.end(body, encoding);
  };
};
