import type { RunPlan } from '#contracts';

/**
 * A folder name for each run of an experiment, below its out folder: what tells them apart, such as
 * `temperature-4.seed-1`. A single run has the out folder for itself: `''`.
 */
export function planFolders(plans: readonly RunPlan[]): string[] {
  if (plans.length === 1) return [''];
  const severalSeeds = new Set(plans.map(({ seed }) => seed)).size > 1;
  const taken = new Set<string>();
  return plans.map(({ seed, point }) => {
    const parts = Object.entries(point).map(([path, value]) => `${path.split('.').at(-1)}-${slug(value)}`);
    if (severalSeeds || parts.length === 0) parts.push(`seed-${seed}`);
    const name = parts.join('.').slice(0, 120);
    let unique = name;
    for (let n = 2; taken.has(unique); n++) unique = `${name}.${n}`;
    taken.add(unique);
    return unique;
  });
}

/** Letters, digits, `.`, `_` and `-`: safe as a folder on any system. */
export function slug(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'x';
}
