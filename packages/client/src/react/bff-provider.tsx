import { createContext, type ReactNode, use } from 'react';
import type { BffClient } from '../index.ts';

const BffContext = createContext<BffClient | undefined>(undefined);

/** Props of `BffProvider`. @see https://react.dev/reference/react/createContext */
export interface BffProviderProps {
  readonly client: BffClient;
  readonly children: ReactNode;
}

/** Provides one client to the components below it. @see https://react.dev/reference/react/createContext */
export const BffProvider = ({ client, children }: BffProviderProps): ReactNode => (
  <BffContext value={client}>{children}</BffContext>
);

/**
 * The client of the nearest `BffProvider`.
 *
 * @throws Error when there is none.
 * @see https://react.dev/reference/react/use
 */
export const useBffClient = (): BffClient => {
  const client = use(BffContext);
  if (client === undefined) throw new Error('useSession needs a <BffProvider> above it');
  return client;
};
