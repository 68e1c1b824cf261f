import { OperationalError } from '#contracts';

export type InstallFailure =
  | 'unsupported-platform'
  | 'no-gpu'
  | 'no-pip'
  | 'download-failed'
  | 'hash-mismatch'
  | 'bad-archive'
  | 'no-compiler'
  | 'compile-failed'
  | 'check-failed'
  | 'no-space'
  | 'not-writable'
  | 'aborted';

/** Installing the engine failed. The message is one line that a person can act on; `cause` has the rest. */
export class EngineInstallError extends OperationalError {
  override name = 'EngineInstallError';

  constructor(
    readonly failure: InstallFailure,
    message: string,
    options: { remedy?: string; cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** Turns what a step of the installation threw into the typed error, keeping one that is typed already. */
export function asInstallError(
  error: unknown,
  folder: string,
  { signal, diskBytes = 1.5e9 }: { signal?: AbortSignal; diskBytes?: number } = {},
): EngineInstallError {
  if (signal?.aborted && !(error instanceof EngineInstallError)) {
    return new EngineInstallError('aborted', 'Installing the engine was interrupted', { cause: error });
  }
  if (isOutOfSpace(error instanceof EngineInstallError ? error.cause : error)) {
    return new EngineInstallError('no-space', `No space left for the engine under ${folder}`, {
      remedy: `Free about ${diskBytes / 1e9} GB, or set DISTILLERY_CACHE to a folder on a larger disk.`,
      cause: error,
    });
  }
  if (error instanceof EngineInstallError) return error;
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR') {
    return new EngineInstallError('not-writable', `The cache folder ${folder} cannot be written`, {
      remedy: 'Set DISTILLERY_CACHE to a folder that can.',
      cause: error,
    });
  }
  return new EngineInstallError('check-failed', `Installing the engine failed: ${firstLine(error)}`, { cause: error });
}

/** pip and the compilers say it in words only. */
function isOutOfSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['ENOSPC', 'EDQUOT'].includes(code) || /No space left on device|Disk quota exceeded/i.test(error.message);
}

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
