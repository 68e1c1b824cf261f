/**
 * Parts of a report that were left out, those with the same reason in one text.
 * @param skipped `skipped` of a report: a part, a colon, and why
 */
export function leftOut(skipped: readonly string[]): string[] {
  const parts = new Map<string, string[]>();
  for (const each of skipped) {
    const colon = each.indexOf(': ');
    const [part, reason] = colon < 0 ? [each, ''] : [each.slice(0, colon), each.slice(colon)];
    parts.set(reason, [...(parts.get(reason) ?? []), part]);
  }
  return [...parts].map(([reason, names]) => `${names.join(', ')}${reason}`);
}
