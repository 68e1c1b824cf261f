import type { ResolvedTeacherSchema, Spec } from '#contracts';
import type { z } from 'zod';
import { UsageError } from '../cli-error.js';
import { latestLocalModel, modelFolder, RUNS_FOLDER } from './local-runs.js';

export type ResolvedTeacher = z.infer<typeof ResolvedTeacherSchema>;

/**
 * Finds a spec's teacher on this machine: `--teacher DIR`, or, for `run: latest:NAME`, the newest completed run of that
 * name below ./runs. Undefined where the spec has none, or names weights that the trainer finds by itself.
 */
export async function resolveTeacher(spec: Spec, named: string | undefined): Promise<ResolvedTeacher | undefined> {
  if (spec.pipeline === 'transfer') {
    if (named !== undefined) throw new UsageError('--teacher: the transfer pipeline has no teacher');
    return undefined;
  }
  if (named !== undefined) return { folder: await existing(named, '--teacher') };
  const { teacher } = spec;
  if ('path' in teacher) return { folder: await existing(teacher.path, 'teacher.path') };
  if ('model' in teacher) return undefined;
  const remedy = 'name the folder of a model or of a run with --teacher DIR; "distillery download RUN" fetches one';
  if ('registry' in teacher) throw new UsageError(`teacher.registry: there is no registry without a server`, remedy);
  if (!teacher.run.startsWith('latest:')) {
    throw new UsageError(`teacher.run: run ${teacher.run} is on a server, and "train" asks none`, remedy);
  }
  const name = teacher.run.slice('latest:'.length);
  const found = await latestLocalModel(name);
  if (found === undefined) {
    throw new UsageError(
      `teacher.run: there is no completed run "${name}" in ./${RUNS_FOLDER}`,
      `train it first, or ${remedy}`,
    );
  }
  return { folder: found.folder };
}

async function existing(named: string, field: string): Promise<string> {
  const folder = await modelFolder(named);
  if (folder === undefined) throw new UsageError(`${field}: there is no folder ${named}`);
  return folder;
}
