export { readEnvFile } from './env-file.ts';
export { readProcessEnvironment } from './environment.ts';
export { codeOf, describeUnknown, EnvironmentError, type EnvironmentIssue } from './environment-error.ts';
export { type Environment, readVariables } from './read-variables.ts';
export { findReadableSecrets, type SecretFile } from './secret-files.ts';
export { serverOptions } from './server-options.ts';
export { keptSessionKey } from './session-key.ts';
export { findUnknownVariables } from './unknown-variables.ts';
export { collectIssues, nameOf, toVariables, variables } from './variables.ts';
