/** What is chosen on a page before a form is sent: the button by its words, and fields by their names. */
export interface FormChoice {
  readonly button?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** A form ready to be sent. */
export interface FilledForm {
  readonly action: string;
  readonly method: string;
  readonly fields: URLSearchParams;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#x27': "'",
};

const plainText = (text: string): string =>
  text.replace(/&([a-z]+|#39|#x27);/g, (all, name) => entities[name] ?? all);

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  return found === null ? undefined : plainText(found[1] ?? found[2] ?? found[3] ?? '');
};

interface Button {
  readonly tag: string;
  readonly words: string;
}

const buttonsOf = (form: string): Button[] =>
  [...form.matchAll(/(<button\b[^>]*>)([\s\S]*?)<\/button>/gi)].map(([, tag = '', inner = '']) => ({
    tag,
    words: plainText(inner.replace(/<[^>]*>/g, ' '))
      .replace(/\s+/g, ' ')
      .trim(),
  }));

const inputsOf = (form: string): string[] => [...form.matchAll(/<input\b[^>]*>/gi)].map(([tag]) => tag);

/** A form answers a choice when it has the button, or else every field that is filled in. */
function answers(form: string, choice: FormChoice): boolean {
  if (choice.button !== undefined) return buttonsOf(form).some(({ words }) => words === choice.button);
  const names = new Set(inputsOf(form).map((tag) => attribute(tag, 'name')));
  return Object.keys(choice.fields ?? {}).every((name) => names.has(name));
}

/**
 * The first form of a page that has the chosen button, or else the chosen fields, filled in as a browser would send it.
 * Throws when the page has no such form.
 */
export function fillForm(html: string, choice: FormChoice): FilledForm {
  const forms = [...html.matchAll(/<form\b[\s\S]*?<\/form>/gi)].map(([form]) => form);
  const form = forms.find((one) => answers(one, choice));
  if (form === undefined) throw new Error(`This page has no form for ${JSON.stringify(choice)}.`);
  const opening = /<form\b[^>]*>/i.exec(form)?.[0] ?? '';
  const fields = new URLSearchParams();
  for (const tag of inputsOf(form)) {
    const name = attribute(tag, 'name');
    const isIdle = /\stype\s*=\s*["']?(submit|button|checkbox|radio)/i.test(tag);
    if (name !== undefined && !isIdle) fields.append(name, attribute(tag, 'value') ?? '');
  }
  for (const [name, value] of Object.entries(choice.fields ?? {})) fields.set(name, value);
  const pressed = buttonsOf(form).find(({ words }) => choice.button === undefined || words === choice.button);
  const name = attribute(pressed?.tag ?? '', 'name');
  if (name !== undefined) fields.append(name, attribute(pressed?.tag ?? '', 'value') ?? '');
  return {
    action: attribute(opening, 'action') ?? '',
    method: (attribute(opening, 'method') ?? 'get').toUpperCase(),
    fields,
  };
}
