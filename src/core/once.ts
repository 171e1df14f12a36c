/**
 * What is made only when it is asked for first. A pattern takes longer to be made ready than most texts do, and every
 * command would pay for those it never uses.
 */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
