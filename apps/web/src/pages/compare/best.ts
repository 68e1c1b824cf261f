/** What is better: more of it, or less; `undefined` where neither is. */
export type Better = 'higher' | 'lower' | undefined;

/** Index of the best value; none for a tie, a single value, or what has no better. */
export function bestOf(values: readonly (number | undefined)[], better: Better): number | undefined {
  const known = values.flatMap((value, index) => (value === undefined ? [] : [{ value, index }]));
  if (better === undefined || known.length < 2) return undefined;
  known.sort((a, b) => (better === 'higher' ? b.value - a.value : a.value - b.value));
  return known[0].value === known[1].value ? undefined : known[0].index;
}
