/** Curves that belong into one chart: those whose keys end alike (`train.loss` and `validation.loss`). */
export interface MetricGroup {
  /** What the keys end in. */
  name: string;
  title: string;
  keys: string[];
}

const ORDER = ['loss', 'top1', 'top5', 'learningRate', 'imagesPerSecond'];
const TITLES: Record<string, string> = {
  loss: 'Loss',
  top1: 'Top-1 accuracy',
  top5: 'Top-5 accuracy',
  learningRate: 'Learning rate',
  imagesPerSecond: 'Images per second',
};

/** The charts of a run, the known ones first. */
export function groupMetrics(keys: readonly string[]): MetricGroup[] {
  const groups = new Map<string, string[]>();
  for (const key of [...new Set(keys)].sort()) {
    const name = key.split('.').at(-1) ?? key;
    groups.set(name, [...(groups.get(name) ?? []), key]);
  }
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return [...groups]
    .map(([name, members]) => ({ name, title: TITLES[name] ?? spaced(name), keys: members }))
    .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name));
}

/** "gradientNorm" → "Gradient norm". */
function spaced(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
