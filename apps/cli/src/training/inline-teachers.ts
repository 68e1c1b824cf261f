import path from 'node:path';
import { inlineTeachersOf, type RunPlan, type TransferSpec } from '#contracts';
import type { TrainerOutcome } from '#trainer-process';
import type { Context } from '../context.js';
import { readRunRecord } from './run-folder.js';
import { withModelOf, type ResolvedTeachers } from './teacher.js';
import { trainPlan, type TrainPlanOptions } from './train-plan.js';

/** Why a teacher's training did not complete. */
interface NotTrained {
  outcome: Exclude<TrainerOutcome, { type: 'completed' }>;
}

export type TrainedTeachers = { teachers: ResolvedTeachers } | NotTrained;

/**
 * Trains the teachers that specs describe in place, each once for all of its students: in the folder `teacher` below the
 * out folder, further ones in `teacher-2` and so on.
 */
export class InlineTeachers {
  private readonly trained = new Map<string, string | NotTrained>();

  constructor(
    private readonly context: Context,
    private readonly out: string,
    private readonly options: Pick<TrainPlanOptions, 'resume' | 'threads' | 'engine' | 'display'>,
  ) {}

  /** The teachers of a student with those that its spec describes, which are trained first. */
  async of({ spec: student, seed }: RunPlan, named: ResolvedTeachers): Promise<TrainedTeachers> {
    let teachers = named;
    for (const { member, spec } of inlineTeachersOf(student)) {
      const found = await this.trainOnce(spec, seed);
      if (typeof found !== 'string') return found;
      teachers = withModelOf(teachers, member, found);
    }
    return { teachers };
  }

  /** @returns the folder of its run, or why it did not complete */
  private async trainOnce(spec: TransferSpec, seed: number): Promise<string | NotTrained> {
    const key = JSON.stringify(spec);
    const earlier = this.trained.get(key);
    if (earlier !== undefined) return earlier;
    const number = this.trained.size + 1;
    const folder = path.join(this.out, number === 1 ? 'teacher' : `teacher-${number}`);
    const found = await this.train({ spec, seed, point: {}, teachers: [] }, folder);
    this.trained.set(key, found);
    return found;
  }

  private async train(plan: RunPlan, folder: string): Promise<string | NotTrained> {
    const label = plan.spec.name;
    if (this.options.resume && (await readRunRecord(folder))?.state === 'completed') {
      this.options.display.line(`${label}: has completed already`);
      return folder;
    }
    const { outcome } = await trainPlan(this.context, { ...this.options, plan, folder, label, teachers: {} });
    return outcome.type === 'completed' ? folder : { outcome };
  }
}
