/** What the user does with a form: which button is clicked, by its label, and which fields are filled in, by name. */
export interface FormChoice {
  readonly button?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** A form that is ready to be submitted. */
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
  readonly label: string;
}

const buttonsOf = (form: string): Button[] =>
  [...form.matchAll(/(<button\b[^>]*>)([\s\S]*?)<\/button>/gi)].map(([, tag = '', inner = '']) => ({
    tag,
    label: plainText(inner.replace(/<[^>]*>/g, ' '))
      .replace(/\s+/g, ' ')
      .trim(),
  }));

const inputsOf = (form: string): string[] => [...form.matchAll(/<input\b[^>]*>/gi)].map(([tag]) => tag);

/** Whether a form has the chosen button or, when none is chosen, every field that is filled in. */
function matches(form: string, choice: FormChoice): boolean {
  if (choice.button !== undefined) return buttonsOf(form).some(({ label }) => label === choice.button);
  const names = new Set(inputsOf(form).map((tag) => attribute(tag, 'name')));
  return Object.keys(choice.fields ?? {}).every((name) => names.has(name));
}

/** What a browser sends of the fields that are there. */
const sentFields = (form: string): URLSearchParams => {
  const fields = new URLSearchParams();
  for (const tag of inputsOf(form)) {
    const name = attribute(tag, 'name');
    const isUnsent = /\stype\s*=\s*["']?(submit|button|checkbox|radio)/i.test(tag);
    if (name !== undefined && !isUnsent) fields.append(name, attribute(tag, 'value') ?? '');
  }
  return fields;
};

/** The tag of the chosen button, or else of the first. */
const clickedTag = (form: string, button: string | undefined): string =>
  buttonsOf(form).find(({ label }) => button === undefined || label === button)?.tag ?? '';

/**
 * Finds the first form of a page that has the chosen button, or else the chosen fields, and fills it in as a browser would.
 * Throws when the page has no such form.
 */
export function fillForm(html: string, choice: FormChoice): FilledForm {
  const forms = [...html.matchAll(/<form\b[\s\S]*?<\/form>/gi)].map(([form]) => form);
  const form = forms.find((one) => matches(one, choice));
  if (form === undefined) throw new Error(`This page has no form for ${JSON.stringify(choice)}.`);
  const opening = /<form\b[^>]*>/i.exec(form)?.[0] ?? '';
  const fields = sentFields(form);
  for (const [name, value] of Object.entries(choice.fields ?? {})) fields.set(name, value);
  const clicked = clickedTag(form, choice.button);
  const name = attribute(clicked, 'name');
  if (name !== undefined) fields.append(name, attribute(clicked, 'value') ?? '');
  return {
    action: attribute(opening, 'action') ?? '',
    method: (attribute(opening, 'method') ?? 'get').toUpperCase(),
    fields,
  };
}
