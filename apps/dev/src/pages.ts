import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import type { DevEnvironment } from './environment.ts';
import { choosePort } from './ports.ts';

/** Where the pages come from. */
export interface Pages {
  /** Variables of the BFF. */
  readonly variables: Readonly<Record<string, string>>;
  /** One line for the terminal. */
  readonly origin: string;
  readonly close: () => Promise<void>;
}

const isAnswering = async (url: string): Promise<boolean> => {
  try {
    await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2000) });
    return true;
  } catch {
    return false;
  }
};

const nothingToClose = async (): Promise<void> => undefined;

const describeDevServer = async (url: string, buildDir: string | undefined): Promise<string> => {
  const unused = buildDir === undefined ? '' : '; SPA_DIR is not used';
  const down = '\n            It does not answer. Start it, then reload the page.';
  return `of the dev server ${url} (SPA_DEV_SERVER)${unused}${(await isAnswering(url)) ? '' : down}`;
};

/** Starts the starter's dev server, unless other pages are configured. */
export const startPages = async ({
  devServer,
  buildDir,
  basePath,
  appName,
}: DevEnvironment): Promise<Pages> => {
  if (devServer !== undefined) {
    const origin = await describeDevServer(devServer, buildDir);
    return { variables: {}, origin, close: nothingToClose };
  }
  if (buildDir !== undefined)
    return { variables: {}, origin: `of the build in SPA_DIR, ${buildDir}, as built`, close: nothingToClose };
  const port = await choosePort();
  const vite = await createServer({
    root: fileURLToPath(new URL('../../web', import.meta.url)),
    base: basePath,
    logLevel: 'warn',
    server: { host: '127.0.0.1', port, strictPort: true },
  });
  await vite.listen();
  return {
    // The BFF reads the name out of a build, and not out of a dev server.
    variables: {
      SPA_DEV_SERVER: `http://127.0.0.1:${port}`,
      ...(appName !== undefined && { BRAND: JSON.stringify({ name: appName }) }),
    },
    origin: 'of the starter in apps/web',
    close: () => vite.close(),
  };
};
