import { z } from 'zod';

const secondsOf: Readonly<Record<string, number>> = { '': 1, ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const bytesOf: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** Seconds of `90s`, `30m`, `12h`, `1.5d`, `500ms` or plain seconds; `undefined` for anything else. */
export const parseDuration = (value: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(value) ?? [];
  return amount === undefined ? undefined : Number(amount) * (secondsOf[unit] ?? 1);
};

const inLargestUnit = (value: number, units: readonly (readonly [string, number])[]): string => {
  const [unit = '', factor = 1] = units.find(([, each]) => value % each === 0) ?? [];
  return `${value / factor}${unit}`;
};

/** Whole seconds in their largest unit: `1800` is `30m`. */
export const formatDuration = (seconds: number): string =>
  seconds === 0
    ? '0'
    : inLargestUnit(seconds, [
        ['h', 3600],
        ['m', 60],
        ['s', 1],
      ]);

/** Bytes in their largest unit: `10485760` is `10mb`. */
export const formatSize = (bytes: number): string =>
  inLargestUnit(bytes, [
    ['mb', 1024 ** 2],
    ['kb', 1024],
    ['b', 1],
  ]);

const parseSize = (value: string): number | undefined => {
  const [, amount, unit = 'b'] = /^(\d+)\s*(b|kb|mb|gb)?$/i.exec(value) ?? [];
  return amount === undefined ? undefined : Number(amount) * (bytesOf[unit.toLowerCase()] ?? 1);
};

const refuseWith = (context: z.RefinementCtx, message: string, remedy: string): never => {
  context.addIssue({ code: 'custom', message, params: { remedy } });
  return z.NEVER;
};

/** A duration within bounds, in seconds: a number of seconds, or a text such as `90s`, `30m`, `12h`. */
export const duration = (least: number, most: number) =>
  z.union([z.number(), z.string()]).transform((value, context): number => {
    const seconds = typeof value === 'number' ? value : parseDuration(value);
    if (seconds === undefined)
      return refuseWith(context, 'is not a duration', 'Write it as 90s, 30m, 12h or plain seconds.');
    if (Number.isFinite(seconds) && seconds >= least && seconds <= most) return seconds;
    return refuseWith(
      context,
      `is not between ${least} and ${most} seconds`,
      'Give a duration such as 90s, 30m or 12h.',
    );
  });

/** A size in bytes: a whole number, or a text such as `512kb` or `10mb`. */
export const size = () =>
  z.union([z.number(), z.string()]).transform((value, context): number => {
    const bytes = typeof value === 'number' ? value : parseSize(value);
    if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
    return refuseWith(context, 'is not a size', 'Write it as 10mb, 512kb or plain bytes.');
  });

const noCount = 'is not a whole number';

/** A whole number, 0 or more. */
export const count = z.int(noCount).min(0, noCount).max(999_999_999, noCount);
