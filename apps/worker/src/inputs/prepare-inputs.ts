import path from 'node:path';
import { ArtifactCorruptError, ArtifactNotFoundError, type ArtifactStore } from '#artifacts';
import { teachersOf, UserError, type Spec, type StartMessage } from '#contracts';
import type { BegunAttempt } from '#persistence';
import { confinePaths } from '../attempts/confine-paths.js';
import { fetchArtifact, type FetchOptions } from './fetch-artifact.js';
import type { TeacherCache } from './teacher-cache.js';

export interface Inputs {
  spec: Spec;
  teacher?: StartMessage['teacher'];
  ensemble?: StartMessage['ensemble'];
  checkpoint?: string;
  shareOutputs?: boolean;
}

export interface InputSources {
  artifacts: Pick<ArtifactStore, 'get'>;
  teachers: TeacherCache;
  datasetsRoot: string | undefined;
}

/** Beside what the trainer writes: no artifact's path begins with a dot. */
const INPUTS = '.inputs';

/**
 * Brings everything to this machine that an attempt needs: its teachers' files and the newest checkpoint, verified by
 * their checksums. A checkpoint that is lost costs time, not the run: it then begins anew, and `note` says so.
 * Throws UserError that names the spec's field, ArtifactNotFoundError and ArtifactCorruptError of a teacher, or
 * OperationalError.
 */
export async function prepareInputs(
  begun: BegunAttempt,
  folder: string,
  { artifacts, teachers, datasetsRoot }: InputSources,
  options: FetchOptions & { note(level: 'info' | 'warn', message: string): void },
): Promise<Inputs> {
  const inputs: Inputs = { spec: await confinePaths(begun.spec, datasetsRoot) };
  if (begun.spec.pipeline !== 'transfer') inputs.shareOutputs = true;
  const named = teachersOf(begun.spec);
  const resolved: NonNullable<StartMessage['ensemble']> = named.map(() => null);
  for (const { member, runId, artifacts: files } of begun.teachers) {
    const { field } = named[member];
    if (!files.some(({ name }) => name.startsWith('model/'))) {
      throw new UserError(`${field}: run ${runId} has no model`, {
        field,
        remedy: 'Name a run that completed with a model.',
      });
    }
    const target = path.join(folder, INPUTS, 'teachers', String(member));
    resolved[member] = { runId, folder: await teachers.provide(files, target, options) };
  }
  if ('teacher' in begun.spec && Array.isArray(begun.spec.teacher)) inputs.ensemble = resolved;
  else inputs.teacher = resolved[0] ?? undefined;
  if (begun.checkpoint !== undefined) {
    const file = path.join(folder, INPUTS, path.basename(begun.checkpoint.name));
    try {
      await fetchArtifact(artifacts, begun.checkpoint.sha256, file, options);
      inputs.checkpoint = file;
      options.note('info', 'The run continues from the checkpoint of an earlier attempt.');
    } catch (error) {
      if (!(error instanceof ArtifactNotFoundError || error instanceof ArtifactCorruptError)) throw error;
      options.note('warn', `The checkpoint of an earlier attempt is lost, the run begins anew: ${error.message}`);
    }
  }
  return inputs;
}
