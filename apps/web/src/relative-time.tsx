import type { ReactNode } from 'react';

const units: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const describe = (seconds: number): string => {
  const [unit, length] = units.find((candidate) => Math.abs(seconds) >= candidate[1]) ?? ['second', 1];
  if (unit === 'second') return seconds > 0 ? 'in a few seconds' : 'just now';
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(
    Math.round(seconds / length),
    unit,
  );
};

/** A time as people say it, such as "2 minutes ago"; the exact time shows on hover. */
export const RelativeTime = ({ at }: { readonly at: string }): ReactNode => {
  const time = new Date(at);
  return (
    <time dateTime={at} title={time.toLocaleString()}>
      {describe((time.getTime() - Date.now()) / 1000)}
    </time>
  );
};
