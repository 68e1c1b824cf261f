import { type PipeTransform } from '@nestjs/common';
import { issuesOf } from '#contracts';
import type { z } from 'zod';
import { HttpProblem, invalid } from './problem.js';

/** Checks a body, a query or the parameters of a path; what is wrong with it is told at once, field by field. */
export class Checked<T extends z.ZodType> implements PipeTransform<unknown, z.output<T>> {
  constructor(private readonly schema: T) {}

  transform(value: unknown): z.output<T> {
    const parsed = this.schema.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    throw invalid(issuesOf(parsed.error, value ?? {}, this.schema));
  }
}

/** The body of a request whose media type says JSON; anything else is told which types there are. */
export function jsonOnly(contentType: string | undefined, legal = 'application/json'): HttpProblem {
  const detail = `the body's media type ${contentType ?? '(none)'} is not understood: send ${legal}`;
  return new HttpProblem(415, { type: 'media-type', detail });
}
