import { existsSync, readFileSync } from 'node:fs';
import { paths } from '@foyer/contract';
import { blocks, root } from './pages.ts';
import { isRead } from './settings-block.ts';

const read = (path: string): string => readFileSync(root + path, 'utf8');

/** Names of the commands in package.json. */
export const scripts: readonly string[] = Object.keys(JSON.parse(read('package.json')).scripts);

/** Commands of pnpm's own that the pages may name. */
const ofPnpm = ['install', 'exec', 'add'];

/** Whether a file is there, or a page says how to make it. */
const isThere = (path: string): boolean =>
  existsSync(root + path) || blocks.some(({ code }) => code.startsWith(`// ${path}\n`));

const judgeScript = (name: string, rest: string): string | undefined => {
  if (!scripts.includes(name) && !ofPnpm.includes(name)) return `pnpm has no command ${name}`;
  const files = rest.split(/\s+/).filter((word) => /^(apps|packages|bench|docs)\//.test(word));
  const missing = files.find((file) => !isThere(file));
  return missing === undefined ? undefined : `${missing} does not exist`;
};

const judgeCompose = (profile = ''): string | undefined =>
  profile === '' || read('docker-compose.yml').includes(`profiles: [${profile}]`)
    ? undefined
    : `compose has no profile ${profile}`;

const judgeRun = (options: string): string | undefined => {
  const names = [...options.matchAll(/-e (\w+)/g)].map(([, name = '']) => name);
  const wrong = names.find((name) => !isRead(name));
  return wrong === undefined ? undefined : `${wrong} is not a variable`;
};

const judgeTarget = (target = ''): string | undefined =>
  target === '' || read('Dockerfile').includes(` AS ${target}\n`) ? undefined : `no stage ${target}`;

const judgeRequest = (path: string): string | undefined => {
  const isOurs = Object.values<string>(paths).includes(path) || /^\/(api\/.*|metrics)?$/.test(path);
  return isOurs ? undefined : `${path} is no route`;
};

const judgeFile = (path: string): string | undefined =>
  existsSync(root + path) ? undefined : `${path} does not exist`;

const nothing = (): undefined => undefined;

/** Each kind of line that the pages may have, and what has to be true of it. */
const kinds: readonly (readonly [RegExp, (...parts: string[]) => string | undefined])[] = [
  [/^npx (?:--yes )?pnpm (?:run )?([\w:]+)(.*)$/, judgeScript],
  [/^docker compose(?: --profile (\w+))? (?:up|down)(?: -.*)?$/, judgeCompose],
  [/^docker run (.*)$/, judgeRun],
  [/^docker build (?:.*--target (\w+))?.*$/, judgeTarget],
  [/^curl (?:-\S+ |'[^']*' )*https?:\/\/localhost:\d+(\/[\w/-]*)\??\S*$/, judgeRequest],
  [/^cp (\S+) \S+$/, judgeFile],
  [/^npx --yes pnpm --silent (key) > \S+$/, (name) => judgeScript(name, '')],
  [
    /^(?:git pull|install -d -m 700 \S+|systemctl (?:daemon-reload|(?:enable --now|restart) foyer))$/,
    nothing,
  ],
  [/^journalctl -u foyer -o cat$/, nothing],
  [
    /^npm (?:create foyer [\w-]+|install|install(?: --save-dev)?(?: @foyer\/[\w-]+@latest| \.\/packages\/[\w-]+\.tgz)+|run dev|test)$/,
    nothing,
  ],
  [/^cosign verify /, nothing],
  [/^npx --yes --package \S+\.tgz create-foyer \S+ --packages \S+$/, nothing],
  [/^[A-Z_]+=/, () => 'is a setting: mark its block env'],
  [
    /^(?:git clone (?:<[a-z ]+>|\S+)(?: [\w/-]+)?|cd [\w./-]+|git switch -c \S+|git init|rm -rf \.git)$/,
    nothing,
  ],
];

/** The commands of a block of shell: comments gone, continued lines joined. */
export const commandsIn = (code: string): readonly string[] =>
  code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^| +)#.*$/, '').trim())
    .filter((line) => line !== '');

/** What is wrong with a command; `undefined` for a sound one. */
export const judgeCommand = (line: string): string | undefined => {
  const bare = line.replace(/^([A-Z_]+=\S* )+/, '');
  for (const [shape, judge] of kinds) {
    const [, ...parts] = shape.exec(bare) ?? [bare];
    if (shape.test(bare)) return judge(...parts);
  }
  return 'is no kind of command that is known here';
};
