import { ArtifactCorruptError, ArtifactNotFoundError } from '#artifacts';
import { OperationalError, UserError, type Failure } from '#contracts';
import { DatabaseUnavailableError } from '#persistence';

const OF_THE_MACHINE: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space on the disk of DISTILLERY_CACHE.',
  EDQUOT: 'Free some space on the disk of DISTILLERY_CACHE.',
  EACCES: "Give the worker's user access to the folder of DISTILLERY_CACHE.",
  EROFS: 'Choose a DISTILLERY_CACHE on a disk that can be written to.',
  EMFILE: 'Raise the limit of open files (ulimit -n), or run fewer trainers at once.',
};

/** Whose fault an error of the worker's own work for an attempt is: that decides whether it is tried again. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UserError) return { class: 'user', message, field: error.field, remedy: error.remedy };
  if (error instanceof OperationalError) return { class: 'operational', message, remedy: error.remedy };
  const known = [DatabaseUnavailableError, ArtifactNotFoundError, ArtifactCorruptError].some(
    (type) => error instanceof type,
  );
  if (known) return { class: 'operational', message };
  const remedy = OF_THE_MACHINE[(error as NodeJS.ErrnoException).code ?? ''];
  if (remedy !== undefined) return { class: 'operational', message, remedy };
  return { class: 'bug', message, stack: error instanceof Error ? error.stack : undefined };
}
