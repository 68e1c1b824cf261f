/** A function cannot be captured as it is written; the message says what it did and what to do instead. */
export class CaptureError extends Error {
  override name = 'CaptureError';
}

/**
 * What a captured function must not do, in the words of every refusal.
 * @param did such as `creates a program`
 * @param remedy what to do instead, after the reason where that is not plain
 */
export function refusal(functionName: string, did: string, remedy: string): CaptureError {
  return new CaptureError(`The captured function "${functionName}" ${did}: ${remedy}`);
}

/** A captured function was called with other inputs than it was captured with. */
export class InputMismatchError extends Error {
  override name = 'InputMismatchError';

  constructor(
    readonly functionName: string,
    readonly input: string,
    problem: string,
  ) {
    super(`${functionName}(): input "${input}" ${problem}`);
  }
}
