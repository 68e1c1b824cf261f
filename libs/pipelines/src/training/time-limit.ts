import { UserError } from '#contracts';

/** Aborts when an attempt has taken longer than `resources.maxMinutes`; its reason is a UserError that says so. */
export function timeLimit(maxMinutes: number): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const expire = (): void =>
    controller.abort(
      new UserError(`the run has taken longer than resources.maxMinutes allows (${maxMinutes} minutes)`, {
        field: 'resources.maxMinutes',
        remedy: 'Raise resources.maxMinutes or ask for less work; a retry goes on from the last checkpoint.',
      }),
    );
  // Longer delays than a timer can have are as good as none.
  const timer = setTimeout(expire, Math.min(maxMinutes * 60_000, 2 ** 31 - 1));
  timer.unref();
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
