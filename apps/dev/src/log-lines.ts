import { prettyFactory } from 'pino-pretty';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const parseLine = (line: string): Fields | undefined => {
  try {
    const parsed: unknown = JSON.parse(line);
    return isFields(parsed) && typeof parsed.level === 'number' ? parsed : undefined;
  } catch {
    return undefined; // A program’s own text.
  }
};

/** The messages of an error and its causes. */
const describeError = (error: unknown): readonly string[] => {
  if (!isFields(error)) return [];
  const { code, message, cause } = error;
  const text = [code, message].filter((part) => typeof part === 'string' && part !== '').join(' ');
  return [...(text === '' ? [] : [text]), ...describeError(cause)];
};

const hidden = new Set(['level', 'time', 'msg', 'event', 'reason', 'err', 'requestId', 'pid', 'hostname']);

const describeFields = (fields: Fields): string =>
  Object.entries(fields)
    .filter(([name, value]) => !hidden.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');

/** The reason first, then its causes, then what identifies the line. Only unexpected errors have their stack. */
const describeLine = (line: Fields): string => {
  const { msg, reason, err, requestId, level } = line;
  const reasons = [String(reason ?? msg), ...describeError(err)];
  const details = [describeFields(line), requestId === undefined ? '' : `request ${String(requestId)}`];
  const stack = isFields(err) && typeof err.stack === 'string' && Number(level) >= 50 ? `\n${err.stack}` : '';
  return `${reasons.join(': ')} (${details.filter((each) => each !== '').join(', ')})${stack}`.replace(
    ' ()',
    '',
  );
};

/** Answers that an application gets all day long, when no one is signed in. */
const everyday: readonly unknown[] = ['unauthenticated', 'not_found'];

/** Whether a developer who did not choose a level wants to see a line: warnings, and why a request was refused. */
const isTelling = ({ level, event, code }: Fields): boolean =>
  Number(level) >= 40 || (event === 'refusal' && !everyday.includes(code));

/** Creates the function that prints the lines of our programs for people: every one of them, or the telling ones. */
export const createLinePrinter = (printsAll: boolean): ((line: string) => void) => {
  const pretty = prettyFactory({
    colorize: process.stdout.isTTY,
    translateTime: 'SYS:HH:MM:ss',
    hideObject: true,
    errorLikeObjectKeys: [],
    messageFormat: (line) => describeLine(line),
  });
  return (line) => {
    const fields = parseLine(line);
    if (fields === undefined) console.log(line);
    else if (printsAll || isTelling(fields)) process.stdout.write(pretty(fields));
  };
};
