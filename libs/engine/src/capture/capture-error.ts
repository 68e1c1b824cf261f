/** A function cannot be captured as it is written; the message says what it did and what to do instead. */
export class CaptureError extends Error {
  override name = 'CaptureError';
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
