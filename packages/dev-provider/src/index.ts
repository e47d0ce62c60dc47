export { type DevProvider, startDevProvider } from './dev-provider.ts';
export type { DevProviderLifetimes, DevProviderOptions } from './options.ts';
export { type Person, people } from './people.ts';
export { type FormBrowser, signIn, signInThroughPages } from './testing.ts';
