import { QueryFailedError } from 'typeorm';

/** Something that was named does not exist. */
export class NotFoundError extends Error {
  override name = 'NotFoundError';
}

/** What was asked contradicts what is there: a name that is taken, a run that has ended. */
export class ConflictError extends Error {
  override name = 'ConflictError';
}

/** What was asked refers to something that cannot be used; `field` is the dotted path of the spec's or body's field. */
export class InvalidReferenceError extends Error {
  override name = 'InvalidReferenceError';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** The database cannot be reached, or it gave up for a reason that may pass. Trying again later may help. */
export class DatabaseUnavailableError extends Error {
  override name = 'DatabaseUnavailableError';
}

/** A statement failed: a defect of ours. */
export class DatabaseError extends Error {
  override name = 'DatabaseError';
  readonly code?: string;

  constructor(message: string, options: { cause: unknown; code?: string }) {
    super(message, { cause: options.cause });
    this.code = options.code;
  }
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ENOENT',
]);

/** SQLSTATE classes: 08 connection, 53 resources, 57 operator intervention (shutdown, cancelled), 58 system error. */
const UNAVAILABLE = /^(08|53|57|58)/;

/** The driver's word for a unique violation, deadlock and the like; `undefined` where the error is not the driver's. */
export function sqlState(error: unknown): string | undefined {
  const driverError: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = (driverError as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Deadlock or serialization failure: the transaction did nothing and may be run again. */
export function isTransient(error: unknown): boolean {
  const code = sqlState(error);
  return code === '40P01' || code === '40001';
}

const OURS = [NotFoundError, ConflictError, InvalidReferenceError, DatabaseUnavailableError, DatabaseError];

/** No error of TypeORM or pg leaves this library: each becomes one of ours, with its cause. */
export function translate(error: unknown): unknown {
  if (!(error instanceof Error) || OURS.some((type) => error instanceof type)) return error;
  const code = sqlState(error);
  const lost =
    /Connection terminated|timeout exceeded when trying to connect|Cannot use a pool after|is not queryable/.test(
      error.message,
    );
  if (lost || (code !== undefined && (CONNECTION_CODES.has(code) || UNAVAILABLE.test(code)))) {
    return new DatabaseUnavailableError(`the database is not available (${error.message}): check DATABASE_URL`, {
      cause: error,
    });
  }
  if (error instanceof QueryFailedError || (code !== undefined && /^[0-9A-Z]{5}$/.test(code))) {
    return new DatabaseError(`a database statement failed: ${error.message}`, { cause: error, code });
  }
  return error;
}
