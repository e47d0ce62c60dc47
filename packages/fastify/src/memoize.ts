/**
 * Makes a function that remembers what `make` gave for a text. With more than `most` texts all are forgotten: for what
 * is nearly always one of a few, and is cheap to make again.
 */
export const memoize = <Value>(most: number, make: (text: string) => Value): ((text: string) => Value) => {
  const known = new Map<string, Value>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= most) known.clear();
    // A copy of its own: a part cut out of a longer text keeps all of that in memory.
    known.set(Buffer.from(text).toString(), made);
    return made;
  };
};
