/**
 * Makes a function that remembers what `make` gave for a text. With more than `most` texts all are forgotten: for what
 * is nearly always one of a few, and is cheap to make again. For texts that stand for themselves: a part cut out of a
 * longer one would keep all of that in memory.
 */
export const memoize = <Value>(most: number, make: (text: string) => Value): ((text: string) => Value) => {
  const known = new Map<string, Value>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
};
