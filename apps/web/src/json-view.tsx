import type { ReactNode } from 'react';

const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const kindOf = (text: string, isKey: boolean): string => {
  if (isKey) return 'json-key';
  return text.startsWith('"') ? 'json-text' : 'json-value';
};

/** Indented JSON with keys, texts and other values tinted. Its text is exactly `json`. */
export const JsonView = ({ json }: { readonly json: string }): ReactNode => {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of json.matchAll(tokens)) {
    const [whole, text = whole, colon = ''] = match;
    parts.push(
      json.slice(end, match.index),
      <span key={match.index} className={kindOf(text, colon !== '')}>
        {text}
      </span>,
      colon,
    );
    end = match.index + whole.length;
  }
  parts.push(json.slice(end));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is reached by keyboard, WCAG 2.1.1
    <pre tabIndex={0}>{parts}</pre>
  );
};
