export { readEnvFile, readProcessEnvironment } from './environment.ts';
export { codeOf, describeUnknown, EnvironmentError, type EnvironmentIssue } from './environment-error.ts';
export { findProxyMistakes, proxyVariables } from './proxy-variables.ts';
export { type Environment, readVariables } from './read-variables.ts';
export { findReadableSecrets, keptSessionKey, type SecretFile } from './secret-files.ts';
export { serverOptions } from './server-options.ts';
export { collectIssues, findUnknownVariables, nameOf, toVariables, variables } from './variables.ts';
