import { z } from 'zod';
import { kinds } from './option.ts';

const secondsOf: Readonly<Record<string, number>> = { '': 1, ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const bytesOf: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** Seconds of `90s`, `30m`, `12h`, `1.5d`, `500ms` or plain seconds; `undefined` for anything else. */
export const parseDuration = (value: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(value) ?? [];
  return amount === undefined ? undefined : Number(amount) * (secondsOf[unit] ?? 1);
};

const parseSize = (value: string): number | undefined => {
  const [, amount, unit = 'b'] = /^(\d+)\s*(b|kb|mb|gb)?$/i.exec(value) ?? [];
  return amount === undefined ? undefined : Number(amount) * (bytesOf[unit.toLowerCase()] ?? 1);
};

const inLargestUnit = (value: number, units: Readonly<Record<string, number>>): string => {
  const [unit = '', factor = 1] = Object.entries(units).find(([, each]) => value % each === 0) ?? [];
  return `${value / factor}${unit}`;
};

/** Whole seconds in their largest unit: `1800` is `30m`. */
export const formatDuration = (seconds: number): string =>
  seconds === 0 ? '0' : inLargestUnit(seconds, { h: 3600, m: 60, s: 1 });

/** Bytes in their largest unit: `10485760` is `10mb`. */
export const formatSize = (bytes: number): string => inLargestUnit(bytes, { mb: 1024 ** 2, kb: 1024, b: 1 });

const numberOrText = z.union([z.number(), z.string()]);

const durationRemedy = 'Write it as 90s, 30m, 12h or plain seconds.';

/** A duration within bounds, in seconds: a number of seconds, or a text such as `90s`, `30m`, `12h`. */
export const duration = (least: number, most: number): z.ZodType<number, number | string> => {
  const boundOf = (seconds: number): string =>
    seconds < least ? `Give ${least}s or more.` : `Give ${formatDuration(most)} or less.`;
  const schema = numberOrText.transform((value, context): number => {
    const seconds = typeof value === 'number' ? value : parseDuration(value);
    if (seconds !== undefined && seconds >= least && seconds <= most) return seconds;
    const [message, remedy] =
      seconds === undefined
        ? ['is not a duration', durationRemedy]
        : [`is not between ${least} and ${most} seconds`, boundOf(seconds)];
    context.addIssue({ code: 'custom', message, params: { remedy } });
    return z.NEVER;
  });
  return schema.register(kinds, { form: 'duration', remedy: durationRemedy });
};

/** A size in bytes: a whole number, or a text such as `512kb` or `10mb`. */
export const size = (): z.ZodType<number, number | string> => {
  const schema = numberOrText.transform((value, context): number => {
    const bytes = typeof value === 'number' ? value : parseSize(value);
    if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
    context.addIssue({ code: 'custom', message: 'is not a size' });
    return z.NEVER;
  });
  return schema.register(kinds, { form: 'size', remedy: 'Write it as 10mb, 512kb or plain bytes.' });
};

const noCount = 'is not a whole number';

/** A whole number, 0 or more. */
export const count = z
  .int(noCount)
  .min(0, noCount)
  .max(999_999_999, noCount)
  .register(kinds, { form: 'number', remedy: 'Give 0 or more.' });
