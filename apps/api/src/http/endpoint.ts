import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

export const ENDPOINT = 'distillery:endpoint';

/** What an endpoint takes and gives, as the OpenAPI document says it. */
export interface EndpointDescription {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the controller's path. */
  path?: string;
  summary: string;
  query?: z.ZodObject<Record<string, z.ZodType>>;
  body?: z.ZodType;
  /** Media types of the body besides JSON. */
  bodyTypes?: readonly string[];
  headers?: Record<string, string>;
  /** Default 200, or 204 without a response. */
  status?: number;
  response?: z.ZodType;
  /** Media type of a response that is not JSON, with what it is. */
  stream?: { type: string; description: string };
  /** Statuses of the problem documents that it is known for, besides 401, 422 and 500. */
  problems?: readonly number[];
}

/** Marks a controller's method as an endpoint: its route, its status and its place in the OpenAPI document. */
export function Endpoint(description: EndpointDescription): MethodDecorator {
  const hasAnswer = description.response !== undefined || description.stream !== undefined;
  return applyDecorators(
    RequestMapping({ method: RequestMethod[description.method], path: description.path ?? '' }),
    HttpCode(description.status ?? (hasAnswer ? 200 : 204)),
    SetMetadata(ENDPOINT, description),
  );
}
