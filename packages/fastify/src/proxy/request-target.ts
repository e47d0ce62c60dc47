import { Problem } from '../problems.ts';

/** A request target whose path means the same to every server. */
export interface RequestTarget {
  readonly path: string;
  /** Byte for byte as sent, with its `?`; empty without one. */
  readonly query: string;
}

/** Nearly every path, of nothing that could be read in two ways: one look instead of one for each of the rules. */
const plain = /^(?:\/[\w~-][\w~.-]*)+\/?$/;

const refused = [
  /^(?!\/)/,
  /\/\//,
  /[\\#\s]/,
  /[^\x21-\x7e]/,
  /%(?![0-9a-f]{2})/i,
  /%(2e|2f|5c|[01][0-9a-f]|7f)/i,
  /%25(25)*(2e|2f|5c|00)/i,
  /\/\.{1,2}((;|%(25)*(3b|20|09|23|3f))[^/]*)?(\/|$)/i,
];

/**
 * Parses a raw request target.
 *
 * @throws Problem `bad_request` when the path does not survive normalisation.
 * @see RFC 3986 section 6.2.2
 */
export const parseRequestTarget = (rawUrl: string): RequestTarget => {
  const mark = rawUrl.indexOf('?');
  const path = mark === -1 ? rawUrl : rawUrl.slice(0, mark);
  const query = mark === -1 ? '' : rawUrl.slice(mark);
  const isRefused = !plain.test(path) && refused.some((pattern) => pattern.test(path));
  if (isRefused || (query !== '' && /[^\x21-\x7e]|#/.test(query))) {
    throw new Problem('bad_request', 'The request target does not survive normalisation');
  }
  return { path, query };
};
