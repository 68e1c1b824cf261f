import type { MetricSeries, RunDetail } from '#contracts';

export interface ComparedRun {
  run: RunDetail;
  series: MetricSeries[];
  /** Index of the run's colour, the same in every chart and table. */
  color: number;
}

/** What legends and columns call each run: as short as tells it from the others. */
export function namesOf(compared: readonly ComparedRun[]): string[] {
  const parts = compared.map(({ run }) => [
    run.experimentName,
    `seed ${run.seed}`,
    ...Object.entries(run.point).map(([path, value]) => `${path.split('.').at(-1)} ${String(value)}`),
  ]);
  const isShared = (part: string) => compared.length > 1 && parts.every((others) => others.includes(part));
  const short = parts.map((all) => all.filter((part) => !isShared(part)).join(', '));
  const isUnique = (name: string) => name !== '' && short.filter((other) => other === name).length === 1;
  return short.map((name, index) => {
    const id = compared[index].run.id.slice(0, 8);
    if (isUnique(name)) return name;
    return name === '' ? id : `${name}, ${id}`;
  });
}
