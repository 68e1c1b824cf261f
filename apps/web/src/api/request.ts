import { ProblemSchema, type Problem } from '#contracts';
import type { z } from 'zod';
import { ApiMismatch, ApiProblem, ApiUnreachable } from './problem.js';
import { noteServerTime } from './server-clock.js';

const BASE = '/api/v1';

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  query?: Record<string, string | number | readonly string[] | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * One request to the API, its answer checked against the contract.
 *
 * @throws ApiProblem where the API refuses, ApiUnreachable where no answer comes, ApiMismatch where the answer has
 *   another form
 */
export async function request<T extends z.ZodType>(
  schema: T,
  path: string,
  options: RequestOptions = {},
): Promise<z.output<T>> {
  const response = await send(path, options);
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) throw new ApiMismatch(path, parsed.error);
  return parsed.data;
}

/** A request whose answer carries nothing that is needed. Throws as `request` does. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', query, body, headers, signal } = options;
  let response: Response;
  try {
    response = await fetch(`${BASE}/${path}${queryString(query)}`, {
      method,
      signal,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiUnreachable(error);
  }
  noteServerTime(response.headers.get('date'));
  if (!response.ok) throw new ApiProblem(await problemOf(response));
  return response;
}

async function problemOf(response: Response): Promise<Problem> {
  const parsed = ProblemSchema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const title = response.statusText === '' ? `The API answered ${response.status}` : response.statusText;
  return { type: 'about:blank', title, status: response.status };
}

function queryString(query: RequestOptions['query']): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === '') continue;
    for (const item of typeof value === 'object' ? value : [value]) search.append(key, String(item));
  }
  return search.size === 0 ? '' : `?${search}`;
}
