import { type Environment, type EnvironmentIssue, findVariable } from '../source.ts';
import type { Variable } from '../variables/variable.ts';
import type { VariableName } from '../variables.ts';

/** Told of each mistake. */
export type Report = (issue: EnvironmentIssue) => void;

/** Reads one variable; `undefined` when it is not set, or not good. */
export type Read = <T>(name: VariableName, variable: Variable<T>) => T | undefined;

/** Reads variables of this environment, and reports what is wrong with them. */
export const createReader =
  (environment: Environment, report: Report): Read =>
  <T>(name: VariableName, { parse, fallback, isRequired = false }: Variable<T>): T | undefined => {
    let isTold = false;
    const found = findVariable(environment, name, (issue) => {
      isTold = true;
      report(issue);
    });
    const text = found?.text ?? fallback;
    if (text === undefined) {
      if (isRequired && !isTold)
        report({ variable: name, problem: 'is missing', remedy: 'Set it in the environment or in .env.' });
      return undefined;
    }
    const parsed = parse(text);
    if ('value' in parsed) return parsed.value;
    report({ variable: found?.name ?? name, problem: parsed.problem, remedy: parsed.remedy });
    return undefined;
  };
