import { STATUS_CODES } from 'node:http';
import type { Problem } from '#contracts';

export interface ProblemOptions {
  /** Names the kind of problem for programs; unlike the texts it never changes. */
  type?: string;
  detail?: string;
  errors?: Problem['errors'];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A refusal that the client is told of as an RFC 9457 problem document. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly headers: Record<string, string>;

  constructor(
    readonly status: number,
    private readonly options: ProblemOptions = {},
  ) {
    super(options.detail ?? titleOf(status), { cause: options.cause });
    this.headers = options.headers ?? {};
  }

  document(instance: string): Problem {
    const { type, detail, errors } = this.options;
    return {
      type: type === undefined ? 'about:blank' : `urn:distillery:problem:${type}`,
      title: titleOf(this.status),
      status: this.status,
      ...(detail === undefined ? {} : { detail }),
      instance,
      ...(errors === undefined ? {} : { errors }),
    };
  }
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Unknown';
}

/** 422 that lists every field that is wrong. */
export function invalid(errors: NonNullable<Problem['errors']>): HttpProblem {
  const detail = errors.length === 1 ? 'one field is not right' : `${errors.length} fields are not right`;
  return new HttpProblem(422, { type: 'invalid', detail, errors });
}
