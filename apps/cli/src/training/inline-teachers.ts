import path from 'node:path';
import { inlineTeachersOf, type RunPlan, type TransferSpec } from '#contracts';
import type { TrainerOutcome } from '#trainer-process';
import type { Context } from '../context.js';
import { readRunRecord } from './run-folder.js';
import { resolveTeachers, type ResolvedTeachers } from './teacher.js';
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

  /**
   * The teachers of a student, of which those that its spec describes are trained first; `undefined` where it describes
   * none.
   */
  async of({ spec: student, seed }: RunPlan): Promise<TrainedTeacher | undefined> {
    const described = inlineTeachersOf(student);
    if (described.length === 0) return undefined;
    const { ensemble } = await resolveTeachers(student, undefined);
    const members = [...(ensemble ?? [null])];
    for (const { member, spec } of described) {
      const found = await this.trainOnce(spec, seed);
      if ('outcome' in found) return found;
      members[member] = found.teachers.teacher ?? null;
    }
    return { teachers: ensemble === undefined ? { teacher: members[0] ?? undefined } : { ensemble: members } };
  }

  private async trainOnce(spec: TransferSpec, seed: number): Promise<TrainedTeacher> {
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
