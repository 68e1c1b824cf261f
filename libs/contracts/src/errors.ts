export interface UserErrorOptions {
  /** The spec's field that is at fault, dotted. */
  field?: string;
  /** What to do next, in words. */
  remedy?: string;
  cause?: unknown;
}

/** The person's input is at fault: retrying cannot help. The message names the field or file. */
export class UserError extends Error {
  override name = 'UserError';
  readonly field?: string;
  readonly remedy?: string;

  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.field = options.field;
    this.remedy = options.remedy;
  }
}

/** The surroundings failed (network, disk, a service): trying again later may help. */
export class OperationalError extends Error {
  override name = 'OperationalError';
  readonly remedy?: string;

  constructor(message: string, options: Omit<UserErrorOptions, 'field'> = {}) {
    super(message, { cause: options.cause });
    this.remedy = options.remedy;
  }
}
