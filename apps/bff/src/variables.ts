import { addressVariables } from './variables/address-variables.ts';
import { apiVariables } from './variables/api-variables.ts';
import { operationVariables } from './variables/operation-variables.ts';
import { pageVariables } from './variables/page-variables.ts';
import { providerVariables } from './variables/provider-variables.ts';
import { sessionVariables } from './variables/session-variables.ts';

/** Every variable, once: the environment is read by this table and the configuration page is made from it. */
export const variables = {
  ...providerVariables,
  ...addressVariables,
  ...sessionVariables,
  ...pageVariables,
  ...apiVariables,
  ...operationVariables,
} as const;

/** The name of a variable. */
export type VariableName = keyof typeof variables;
