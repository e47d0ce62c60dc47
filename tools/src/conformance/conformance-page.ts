import { requirements, type TestReference } from '@foyer/doctor/requirements';
import { operation } from './promises/operation.ts';
import { permissions } from './promises/permissions.ts';
import type { PromisedOf } from './promises/promise.ts';
import { providerAnswers } from './promises/provider-answers.ts';
import { requests } from './promises/requests.ts';
import { sessions } from './promises/sessions.ts';
import { signingIn } from './promises/signing-in.ts';
import { relyingPartyModules } from './relying-party-modules.ts';
import { parseTestReference } from './test-results.ts';

/** Our own promises, by what they are about. */
export const promises: readonly PromisedOf[] = [
  providerAnswers,
  ...signingIn,
  ...sessions,
  permissions,
  ...requests,
  ...operation,
];

/** Every test that the page names, once. */
export const referredTests: readonly TestReference[] = [
  ...new Set([
    ...requirements.map(({ test }) => test),
    ...promises.flatMap((one) => one.promises.flatMap(({ tests }) => tests)),
    ...relyingPartyModules.map(({ test }) => test),
  ]),
];

const cell = (text: string): string => text.replaceAll('|', '\\|');

const link = (reference: TestReference): string => {
  const { file, titles } = parseTestReference(reference);
  const name = file.split('/').at(-1)?.replace('.test.ts', '');
  return `[${name}](../${file}): ${cell(titles.join(' › '))}`;
};

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const requirementRows = requirements.map(({ section, level, text, test, isSeen }) =>
  row(section, level, cell(text), link(test), isSeen ? 'yes' : ''),
);

const printPromises = ({ title, promises: ofIt }: PromisedOf): readonly string[] => [
  `### ${title}`,
  '',
  row('promise', 'tests'),
  row('---', '---'),
  ...ofIt.map(({ text, tests }) => row(cell(text), tests.map(link).join('<br>'))),
  '',
];

const moduleRows = relyingPartyModules.map(({ plan, module, test }) => row(plan, module, link(test)));

/** The text of docs/conformance.md. */
export const createConformancePage = (): string =>
  [
    '# Conformance',
    '',
    'Written by `npx pnpm pages` from the report of `npx pnpm test`: only when every test that is named here has passed in it.',
    'A whole run of the tests ends with an error when one of them is gone or has not passed. For each row of this page',
    '`npx pnpm mutants` breaks the code that keeps it, and expects a test of the row to fail.',
    '',
    '## RFC 10017 and beside it',
    '',
    'What RFC 10017 asks of a backend for frontend (section 6.1), and what RFC 9700 and OWASP ASVS add, row by row, with the',
    'test that shows it. `npx pnpm run doctor --live <url>` looks at a deployment from outside and prints the rows that can be',
    'seen there, without signing in and without changing anything.',
    '',
    row('section', 'level', 'requirement', 'test', 'seen by the doctor'),
    row('---', '---', '---', '---', '---'),
    ...requirementRows,
    '',
    '## What must hold',
    '',
    'Our own promises against a hostile world, with the tests that show each. A group of tests stands for all that are in it.',
    '',
    ...promises.flatMap(printPromises),
    '## Relying-party modules',
    '',
    'The OpenID Foundation’s modules for relying parties in the code flow, by the name of their plan. The suite itself has not',
    'been run, and no certification is claimed: each module’s promise is tried by a test of the same name, beside a provider',
    'that misbehaves in the same way. Plans for other flows, form posts, front-channel logout, session management, dynamic',
    'registration and WebFinger ask for what Foyer does not have.',
    '',
    row('plan', 'module', 'test'),
    row('---', '---', '---'),
    ...moduleRows,
    '',
  ].join('\n');
