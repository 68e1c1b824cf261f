import path from 'node:path';
import { expandRuns, summariseStudy, type RunState, type Study } from '#contracts';
import { readExperiment } from './experiment-folder.js';
import { planFolders } from './plan-folders.js';
import { readReport, readRunRecord } from './run-folder.js';

/** A study whose runs are folders of this machine, where a server's has ids. */
export interface LocalStudy extends Pick<Study, 'name' | 'claims'> {
  /** Absolute. */
  folder: string;
  arms: (Omit<Study['arms'][number], 'runs'> & {
    /** `folder`: absolute; of a run that has not begun, where it would be. */
    runs: { folder: string; seed: number; state: RunState }[];
  })[];
}

/** Sums up the runs in an out folder of `distillery train`, as the platform does those of an experiment. */
export async function localStudy(out: string): Promise<LocalStudy> {
  const folder = path.resolve(out);
  const spec = await readExperiment(folder);
  const { plans } = expandRuns(spec);
  const names = planFolders(plans);
  const runs = await Promise.all(
    plans.map(async ({ seed, point }, index) => {
      const id = path.join(folder, names[index]);
      const state: RunState = (await readRunRecord(id))?.state ?? 'queued';
      const report = state === 'completed' ? ((await readReport(id)) ?? null) : null;
      return { id, seed, point, state, report };
    }),
  );
  const { name, arms, claims } = summariseStudy({ id: folder, name: spec.name, spec }, runs);
  return {
    name,
    folder,
    arms: arms.map((arm) => ({ ...arm, runs: arm.runs.map(({ id, ...run }) => ({ folder: id, ...run })) })),
    claims,
  };
}
