import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findProgram, tieToThisProcess } from '@foyer/testkit';
import { expect } from 'vitest';
import { blocksIn } from './pages.ts';

/** What stands before the BFF: the folder for its files, the port of https, and the port of the BFF. */
interface FrontOptions {
  readonly folder: string;
  readonly port: number;
  readonly upstream: number;
}

/** A reverse proxy that is installed, and the way to start it with its block of a page. */
export interface Front {
  readonly name: string;
  readonly start: (options: FrontOptions) => Promise<ChildProcess>;
}

/** The block of a page in this language. */
export const documentedFront = (language: string, page = 'docs/production.md'): string =>
  blocksIn(language).find(({ place }) => place.startsWith(page))?.code ?? '';

const adapt = (block: string, { folder, upstream }: FrontOptions): string =>
  block.replaceAll('foyer:3000', `127.0.0.1:${upstream}`).replaceAll('/srv/site', folder);

const listens = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isOpen;
};

/** Makes `cert.pem` and `key.pem` for `localhost` in this folder. */
export const makeCertificate = (folder: string): void => {
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, ...files], { stdio: 'ignore' });
};

const start = async (
  program: string,
  args: readonly string[],
  { folder, port }: FrontOptions,
): Promise<ChildProcess> => {
  const env = { PATH: process.env.PATH, HOME: folder };
  const child = tieToThisProcess(spawn(program, args, { cwd: folder, stdio: 'ignore', env }));
  await expect.poll(() => listens(port), { timeout: 10_000 }).toBe(true);
  return child;
};

/** Starts nginx with its own defaults around one `location`, with https before it. */
const startNginxWith = (program: string, location: string, options: FrontOptions): Promise<ChildProcess> => {
  const { folder, port } = options;
  makeCertificate(folder);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${paths.join(' ')}
    map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
    server { listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
    ${location} } }`,
  );
  return start(program, ['-c', join(folder, 'nginx.conf')], options);
};

/** Starts an nginx that knows nothing of us but where we are. */
export const startPlainNginx = (program: string, options: FrontOptions): Promise<ChildProcess> =>
  startNginxWith(
    program,
    `location / { proxy_pass http://127.0.0.1:${options.upstream}; proxy_set_header Host $http_host; }`,
    options,
  );

const startNginx =
  (program: string, page: string): Front['start'] =>
  (options) =>
    startNginxWith(program, adapt(documentedFront('nginx', page), options), options);

const startCaddy =
  (program: string, page: string): Front['start'] =>
  (options) => {
    const { folder, port } = options;
    makeCertificate(folder);
    const site = adapt(documentedFront('caddyfile', page), options).replace(
      'app.example {',
      `https://localhost:${port} {\n  tls ${folder}/cert.pem ${folder}/key.pem`,
    );
    const file = join(folder, 'Caddyfile');
    writeFileSync(
      file,
      `{\n  admin off\n  auto_https disable_redirects\n  default_bind 127.0.0.1\n}\n${site}`,
    );
    return start(program, ['run', '--adapter', 'caddyfile', '--config', file], options);
  };

const known = [
  { name: 'nginx', startWith: startNginx },
  { name: 'caddy', startWith: startCaddy },
];

/** The proxies of a page that this machine has. */
export const findFronts = (page = 'docs/production.md'): readonly Front[] =>
  known.flatMap(({ name, startWith }) => {
    const program = findProgram([name], `${process.env.PATH}:/usr/sbin`);
    return program === undefined ? [] : [{ name, start: startWith(program, page) }];
  });
