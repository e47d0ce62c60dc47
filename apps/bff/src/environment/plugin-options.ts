import type { BffOptions } from '@foyer/fastify';

/** Options of the plugin as the environment gives them; the store is opened at the start of the server. */
export type PluginOptions = Omit<BffOptions, 'sessionStore'>;
