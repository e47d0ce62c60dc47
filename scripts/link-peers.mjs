import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

// A production install leaves out what the workspace's packages have for development, and the plugin's peers are among it:
// here they are those of the application. Run it after: pnpm install --prod --filter @foyer/bff...
const plugin = 'packages/fastify';
const { peerDependencies } = JSON.parse(readFileSync(`${plugin}/package.json`, 'utf8'));
for (const name of Object.keys(peerDependencies)) {
  const link = resolve(plugin, 'node_modules', name);
  if (existsSync(link)) continue;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), realpathSync(`apps/bff/node_modules/${name}`)), link);
}
