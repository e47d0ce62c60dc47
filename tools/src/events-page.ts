import { type LogEvent, logEvents } from '@foyer/fastify/events';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const printFields = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
    .join('; ') || 'none';

/** The text of docs/events.md. */
export const createEventsPage = (): string =>
  [
    '# Events in the log',
    '',
    'The log is one JSON object a line on standard output. Every line has `level` (10 trace, 20 debug, 30 info, 40 warn, 50 error,',
    '60 fatal), `time` (milliseconds since 1970) and `msg`; a line about a request has its `requestId`, which `X-Request-Id` and',
    'the error page show too. A finished request is one line, `msg` `request`, with `method`, `route` (the pattern, never what was',
    'asked for, except where no route is), `status` and `duration` (milliseconds).',
    '',
    'What is worth a rule of its own has an `event`: its name is stable, its `msg` may change. `subject` names a person as `LOG_SUBJECT` says; nothing else does, and none has',
    'a token, code, secret, cookie or key in it at any level. `session` is the public handle of a session, useless as a credential.',
    '`err` has type, code, message, stack and what caused it in turn; it is left out where there is no cause.',
    '',
    '| event | level | fields | when | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries<LogEvent>(logEvents).map(
      ([name, { level, fields, when, remedy = 'Nothing' }]) =>
        `| \`${name}\` | ${level} | ${cell(printFields(fields))} | ${cell(when)} | ${cell(remedy)} |`,
    ),
    '',
  ].join('\n');
