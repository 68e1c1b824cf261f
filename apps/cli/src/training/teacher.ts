import path from 'node:path';
import { teachersOf, type NamedTeacher, type ResolvedTeacherSchema, type Spec, type StartMessage } from '#contracts';
import type { z } from 'zod';
import { UsageError } from '../cli-error.js';
import { latestLocalModel, modelFolder, RUNS_FOLDER } from './local-runs.js';

type ResolvedTeacher = z.infer<typeof ResolvedTeacherSchema>;
export type ResolvedTeachers = Pick<StartMessage, 'teacher' | 'ensemble'>;

/**
 * Finds a spec's teachers on this machine: `--teacher DIR`, or, for `run: latest:NAME`, the newest completed run of that
 * name below ./runs. Nothing where the spec has none, names weights that the trainer finds by itself, or describes a
 * teacher that is to be trained first.
 */
export async function resolveTeachers(spec: Spec, named: string | undefined): Promise<ResolvedTeachers> {
  const teachers = teachersOf(spec);
  if (named !== undefined) {
    if (teachers.length === 0) throw new UsageError('--teacher: the transfer pipeline has no teacher');
    if (teachers.length > 1) throw new UsageError('--teacher: the spec names an ensemble, name each member there');
    return { teacher: { folder: await existing(named, '--teacher') } };
  }
  const found = await Promise.all(teachers.map(resolveTeacher));
  return isEnsemble(spec) ? { ensemble: found.map((member) => member ?? null) } : { teacher: found[0] };
}

/** The teachers with what one of them, which is trained first, has become: the model in its run's folder. */
export function withModelOf(teachers: ResolvedTeachers, member: number, run: string): ResolvedTeachers {
  const teacher = { folder: path.resolve(run, 'model') };
  return teachers.ensemble === undefined ? { teacher } : { ensemble: teachers.ensemble.with(member, teacher) };
}

function isEnsemble(spec: Spec): boolean {
  return spec.pipeline === 'distillation' && Array.isArray(spec.teacher);
}

async function resolveTeacher({ teacher, field }: NamedTeacher): Promise<ResolvedTeacher | undefined> {
  if ('path' in teacher) return { folder: await existing(teacher.path, `${field}.path`) };
  if ('model' in teacher || 'pipeline' in teacher || 'arm' in teacher) return undefined;
  const remedy = 'name the folder of a model or of a run with --teacher DIR; "distillery download RUN" fetches one';
  if ('registry' in teacher) throw new UsageError(`${field}.registry: there is no registry without a server`, remedy);
  if (!teacher.run.startsWith('latest:')) {
    throw new UsageError(`${field}.run: run ${teacher.run} is on a server, and "train" asks none`, remedy);
  }
  const name = teacher.run.slice('latest:'.length);
  const found = await latestLocalModel(name);
  if (found === undefined) {
    throw new UsageError(
      `${field}.run: there is no completed run "${name}" in ./${RUNS_FOLDER}`,
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
