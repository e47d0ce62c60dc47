import { people } from './people.ts';

/** The part of a test browser that signing in uses: sends a form of its current page and follows the redirects. */
export interface FormBrowser<Page> {
  readonly submit: (choice: {
    readonly button?: string;
    readonly fields?: Readonly<Record<string, string>>;
  }) => Promise<Page>;
}

/**
 * Signs a person in on the provider's sign-in page, which must be the browser's current page, and returns the page after
 * the redirects. A demo person is chosen by the label of the button; any other name is typed.
 */
export function signInThroughPages<Page>(browser: FormBrowser<Page>, person: string): Promise<Page> {
  const isKnown = people.some(({ label }) => label === person);
  return browser.submit(isKnown ? { button: person } : { fields: { name: person } });
}
