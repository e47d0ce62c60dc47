import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { findAddressProblem } from '../src/own-address.ts';

const openssl = findProgram(['openssl']) ?? '';

test.runIf(openssl)(
  'a certificate that this machine does not trust is no server that does not answer',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foyer-certificate-'));
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
    const files = ['-nodes', '-days', '2', '-keyout', String(key), '-out', String(cert)];
    execFileSync(openssl, ['req', '-x509', '-newkey', 'rsa:2048', '-subj', '/CN=localhost', ...files], {
      stdio: 'ignore',
    });
    const options = { key: readFileSync(String(key)), cert: readFileSync(String(cert)) };
    const server = createServer(options, (_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });
    const address = server.address();
    const publicUrl = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    expect(await findAddressProblem(publicUrl, 3000)).toBe(
      `${publicUrl} has a certificate that Node does not trust. Set NODE_EXTRA_CA_CERTS to the file of its authority; the browser has to trust it too.`,
    );
  },
);
