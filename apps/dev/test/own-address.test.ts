import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { findAddressProblem } from '../src/own-address.ts';

const openssl = findProgram(['openssl']) ?? '';

/** A server whose certificate is its own authority, for `localhost` alone. */
const startSelfSigned = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const files = ['-nodes', '-days', '2', '-keyout', key, '-out', cert];
  execFileSync(openssl, ['req', '-x509', '-newkey', 'rsa:2048', '-subj', '/CN=localhost', ...files], {
    stdio: 'ignore',
  });
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createServer(options, (_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const address = server.address();
  return { cert, publicUrl: `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
};

test.runIf(openssl)(
  'a certificate that this machine does not trust is no server that does not answer',
  async () => {
    const { publicUrl } = await startSelfSigned();
    expect(await findAddressProblem(publicUrl, 3000)).toBe(
      `${publicUrl} has a certificate that Node does not trust. Set NODE_EXTRA_CA_CERTS to the file of its authority; the browser has to trust it too.`,
    );
  },
);

test.runIf(openssl)('a certificate of a trusted authority for another host is reported as such', async () => {
  const { publicUrl, cert } = await startSelfSigned();
  const module = new URL('../src/own-address.ts', import.meta.url).href;
  const program = `import { findAddressProblem } from '${module}'; console.log(await findAddressProblem('${publicUrl}', 3000));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env: { NODE_EXTRA_CA_CERTS: cert },
  });
  expect(stdout.trim()).toBe(
    `${publicUrl} has a certificate that has expired, or is for another host. Give its server one that is valid for this host.`,
  );
});
