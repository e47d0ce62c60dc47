import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { variables } from '@foyer/environment';
import { parseEnvironment, type Settings } from '../../src/environment.ts';
import { createClientKey, createSessionKey } from './keys.ts';

const names = variables.flatMap(({ facts: { variable, aliases = [] } }) => [variable, ...aliases]);
const required = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'];

const ofNode = ['NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

/** Whether a variable is read by the configuration, by Node or by OpenTelemetry. */
export const isRead = (name: string): boolean =>
  names.includes(name.replace(/_FILE$/, '')) || ofNode.includes(name) || name.startsWith('OTEL_');

type Texts = Readonly<Record<string, string | undefined>>;

const inFile = (folder: string, name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** Where a reader puts something of their own, something sound: a key, a file, a directory. */
const fillIn = (given: Texts, folder: string): Texts => {
  const key = createSessionKey();
  const texts = Object.entries(given).map(([name, text]) => {
    if (name === 'SESSION_KEYS') return [name, key];
    if (name === 'SESSION_KEYS_FILE') return [name, inFile(folder, name, key)];
    if (name === 'OIDC_CLIENT_KEY_FILE') return [name, inFile(folder, name, createClientKey('ES256'))];
    if (name === 'SPA_DIR') return [name, folder];
    return [name, name.endsWith('_FILE') ? inFile(folder, name, 'something') : text];
  });
  return Object.fromEntries(texts);
};

/** What has to be set and the block does not speak of. */
const addMissing = (given: Texts): Texts => {
  const isMissing = (name: string, aliases: readonly string[] = []): boolean =>
    [name, ...aliases].every((each) => given[each] === undefined && given[`${each}_FILE`] === undefined);
  const added = variables
    .map(({ facts }) => facts)
    .filter(({ variable, aliases }) => required.includes(variable) && isMissing(variable, aliases))
    .map(({ variable }) => [variable, variable === 'OIDC_ISSUER' ? 'https://login.example' : 'x']);
  const keys = isMissing('SESSION_KEYS') ? { SESSION_KEYS: createSessionKey() } : {};
  return { ...given, ...keys, ...Object.fromEntries(added) };
};

/** The variables of a block, as `.env` is read; `<what is yours>` and `…` are filled in. */
export const readVariables = (code: string): Texts => parseEnv(code.replaceAll(/<[a-z ]+>|…/g, 'x'));

/**
 * Reads a block as the BFF would.
 *
 * @throws EnvironmentError with every mistake at once.
 */
export const readSettings = (given: Texts): Settings => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-settings-'));
  try {
    writeFileSync(join(folder, 'index.html'), '');
    return parseEnvironment(addMissing(fillIn(given, folder)), [], { dataDir: folder, spaDir: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
};
