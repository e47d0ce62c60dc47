/**
 * Makes a function that remembers what `make` gave for a key. With more than `most` keys all are forgotten: for what
 * is nearly always one of a few, and is cheap to make again. A key that is a part cut out of a longer text would keep all
 * of that in memory.
 */
export const memoize = <Key, Value>(most: number, make: (key: Key) => Value): ((key: Key) => Value) => {
  const known = new Map<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(key);
    if (known.size >= most) known.clear();
    known.set(key, made);
    return made;
  };
};
