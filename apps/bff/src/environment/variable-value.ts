import type { DeclaredOption } from '@foyer/fastify/options';

const parseQuery = (text: string): Readonly<Record<string, string>> | undefined => {
  const pairs = [...new URLSearchParams(text)];
  const names = pairs.map(([name]) => name);
  const isSound = names.every((name) => name !== '') && new Set(names).size === names.length;
  return isSound ? Object.fromEntries(pairs) : undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON is reported by the caller, under the variable's name.
    return undefined;
  }
};

/** What is wrong with a text that is not written as its form demands. */
export const problemOfForm: Readonly<Record<NonNullable<DeclaredOption['facts']['form']>, string>> = {
  text: 'is not a text',
  duration: 'is not a duration',
  size: 'is not a size',
  list: 'is not a list',
  number: 'is not a whole number',
  boolean: 'is neither true nor false',
  query: 'has a parameter twice or without a name',
  json: 'is not JSON',
  source: 'is not a text',
};

/** The value that a variable's text stands for; `undefined` when it is not written as its form demands. */
export const parseValue = (text: string, { form = 'text' }: DeclaredOption['facts']): unknown => {
  switch (form) {
    case 'text':
    case 'duration':
    case 'size':
    case 'source':
      return text;
    case 'list':
      return text.split(',').map((item) => item.trim());
    case 'number':
      return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : undefined);
    case 'query':
      return parseQuery(text);
    case 'json':
      return parseJson(text);
  }
};
