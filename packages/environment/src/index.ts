export { readEnvFile } from './env-file.ts';
export { readProcessEnvironment } from './environment.ts';
export { codeOf, EnvironmentError, type EnvironmentIssue } from './environment-error.ts';
export { findReadableSecrets, type SecretFile } from './secret-files.ts';
export { keptSessionKey } from './session-key.ts';
export { describeUnknown, findUnknownVariables } from './unknown-variables.ts';
export { collectIssues, type Environment, nameOf, readVariables, toVariables } from './variables.ts';
