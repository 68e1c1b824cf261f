import path from 'node:path';
import { inlineTeacherOf, type RunPlan } from '#contracts';
import type { TrainerOutcome } from '#trainer-process';
import type { Context } from '../context.js';
import { readRunRecord } from './run-folder.js';
import type { ResolvedTeachers } from './teacher.js';
import { trainPlan, type TrainPlanOptions } from './train-plan.js';

/** A teacher that is there, or why its training did not complete. */
export type TrainedTeacher =
  { teachers: ResolvedTeachers } | { outcome: Exclude<TrainerOutcome, { type: 'completed' }> };

/**
 * Trains the teachers that specs describe in place, each once for all of its students: in the folder `teacher` below the
 * out folder, further ones in `teacher-2` and so on.
 */
export class InlineTeachers {
  private readonly trained = new Map<string, TrainedTeacher>();

  constructor(
    private readonly context: Context,
    private readonly out: string,
    private readonly options: Pick<TrainPlanOptions, 'resume' | 'threads' | 'engine' | 'display'>,
  ) {}

  /** The teacher of a student; `undefined` where the spec describes none. */
  async of({ spec: student, seed }: RunPlan): Promise<TrainedTeacher | undefined> {
    const spec = inlineTeacherOf(student);
    if (spec === undefined) return undefined;
    const key = JSON.stringify(spec);
    const earlier = this.trained.get(key);
    if (earlier !== undefined) return earlier;
    const number = this.trained.size + 1;
    const folder = path.join(this.out, number === 1 ? 'teacher' : `teacher-${number}`);
    const found = await this.train({ spec, seed, point: {} }, folder);
    this.trained.set(key, found);
    return found;
  }

  private async train(plan: RunPlan, folder: string): Promise<TrainedTeacher> {
    const label = plan.spec.name;
    const teachers = { teacher: { folder: path.resolve(folder, 'model') } };
    if (this.options.resume && (await readRunRecord(folder))?.state === 'completed') {
      this.options.display.line(`${label}: has completed already`);
      return { teachers };
    }
    const { outcome } = await trainPlan(this.context, { ...this.options, plan, folder, label, teachers: {} });
    return outcome.type === 'completed' ? { teachers } : { outcome };
  }
}
