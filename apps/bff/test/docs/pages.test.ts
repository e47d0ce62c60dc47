import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createConfigurationPage, createExampleFile } from '../../../../tools/src/configuration-page.ts';
import { createEventsPage } from '../../../../tools/src/events-page.ts';
import { root } from '../kit/pages.ts';

const read = (path: string): string => readFileSync(root + path, 'utf8');

test('the configuration page is generated from the declared variables', () => {
  expect(read('docs/configuration.md')).toBe(createConfigurationPage());
});

test.for(['OIDC_CLIENT_KEY', 'OIDC_CLIENT_CERT'])(
  'of %s the page says by which variable its file is named',
  (name) => {
    const row = read('docs/configuration.md')
      .split('\n')
      .find((line) => line.startsWith(`| \`${name}\``));
    expect(row).toContain(`\`${name}_FILE\` is read again when it changes`);
  },
);

test('the page of events is generated from the table that the log is written by', () => {
  expect(read('docs/events.md')).toBe(createEventsPage());
});

test('.env.example holds every variable, commented out', () => {
  expect(read('.env.example')).toBe(createExampleFile());
});

test.for(
  globSync('.github/ISSUE_TEMPLATE/*.yml', { cwd: root }).filter((path) => !path.endsWith('config.yml')),
)('%s is a form that asks for something', (path) => {
  const form: unknown = parse(read(path));
  const field = { type: expect.stringMatching(/^(markdown|input|textarea)$/), attributes: expect.anything() };
  expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
  expect(form).toHaveProperty('body', expect.arrayContaining([expect.objectContaining(field)]));
  expect(read(path)).toContain('required: true');
});

test('the architecture names every app and package', () => {
  const folders = globSync('{apps,packages}/*/package.json', { cwd: root }).map((path) =>
    path.replace('/package.json', ''),
  );
  expect(folders.length).toBeGreaterThan(8);
  expect(folders.filter((folder) => !read('docs/architecture.md').includes(`\`${folder}\``))).toEqual([]);
});
