import { fileURLToPath } from 'node:url';
import { freePort } from '@foyer/testkit';
import { type Subject, startSubject } from './subject.ts';

/** Starts a small server of `servers/`, which gives this answer to `/api/me`. */
export const startFloor = async (name: string, file: string, answer: string): Promise<Subject> => {
  const port = await freePort();
  return startSubject({
    name,
    port,
    file: fileURLToPath(new URL(`./servers/${file}.ts`, import.meta.url)),
    readyPath: '/api/me',
    arguments: [String(port), answer],
  });
};
