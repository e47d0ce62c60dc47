import { people } from './people.ts';

/** What signing in needs of a browser: sending a form of its current page and following back. */
export interface FormBrowser<Page> {
  readonly submit: (choice: {
    readonly button?: string;
    readonly fields?: Readonly<Record<string, string>>;
  }) => Promise<Page>;
}

/**
 * Signs a person in on the sign-in page the browser stands on and gives back the page it arrives at. A demo person is
 * chosen by label, anyone else by typing the name.
 */
export function signInThroughPages<Page>(browser: FormBrowser<Page>, person: string): Promise<Page> {
  const isKnown = people.some(({ label }) => label === person);
  return browser.submit(isKnown ? { button: person } : { fields: { name: person } });
}
