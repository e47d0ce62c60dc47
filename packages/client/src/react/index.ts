export { BffProvider, type BffProviderProps, useBffClient } from './bff-provider.tsx';
export { RequireUser, type RequireUserProps } from './require-user.tsx';
export { useSession, useUser } from './use-session.ts';
export { useStepUp } from './use-step-up.ts';
