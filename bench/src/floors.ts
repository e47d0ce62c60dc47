import { fileURLToPath } from 'node:url';
import { type DevProvider, startDevProvider } from '@foyer/dev-provider';
import { freePort } from '@foyer/testkit';
import { type Subject, startSubject } from './subject.ts';

/** What a floor or peer is given beside its port. */
interface FloorNeeds {
  readonly answer?: string;
  readonly headers?: string;
  readonly source?: string;
}

/** Where the product and the floors keep what Node has compiled, as the image does: or they would carry what strips types. */
export const compiled = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));

const start = async (
  name: string,
  file: string,
  settings: { readonly port: number } & Readonly<Record<string, unknown>>,
): Promise<Subject> => {
  const { port } = settings;
  return startSubject({
    name,
    port,
    file: fileURLToPath(new URL(`./servers/${file}.ts`, import.meta.url)),
    readyPath: '/api/me',
    environment: { NODE_COMPILE_CACHE: compiled },
    arguments: [
      JSON.stringify({ url: `http://localhost:${port}`, answer: '{}', headers: '{}', ...settings }),
    ],
  });
};

/** Starts a small server of `servers/`. */
export const startFloor = async (name: string, file: string, needs: FloorNeeds = {}): Promise<Subject> =>
  start(name, file, { port: await freePort(), ...needs });

/** A server that signs people in, beside a provider of its own. */
export interface Peer extends Subject {
  readonly provider: DevProvider;
}

/** Starts one. */
export const startPeer = async (name: string, file: string): Promise<Peer> => {
  const port = await freePort();
  const provider = await startDevProvider({ publicUrls: [`http://localhost:${port}`] });
  const { issuer, clientId, clientSecret } = provider;
  const subject = await start(name, file, { port, issuer, clientId, clientSecret });
  return {
    ...subject,
    provider,
    stop: async () => {
      await subject.stop();
      await provider.close();
    },
  };
};
