import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects garbage once, which makes V8 look after an idle process from then on: when little happens for eight seconds,
 * it collects again, and gives back what the start has taken. Until a first collection of everything it never does.
 */
export const collectOnce = (): void => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect !== 'function') throw new TypeError('This Node has no collector to call');
  collect();
};
