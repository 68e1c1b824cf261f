import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ArtifactNotFoundError, ArtifactStoreUnavailableError } from '#artifacts';
import { Logger } from '#config';
import { MAX_SPEC_BYTES } from '#contracts';
import { ConflictError, DatabaseUnavailableError, InvalidReferenceError, NotFoundError } from '#persistence';
import { QueueUnavailableError } from '#queue';
import { HttpProblem, invalid } from './problem.js';

/** Every error leaves as a problem document; what is no refusal of ours is logged, and tells the client nothing. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const problem = problemOf(error);
    if (problem.status >= 500) this.logger.error(`${request.method} ${request.path} failed`, error);
    if (response.headersSent) {
      // Half an answer cannot be taken back: a broken connection tells the client that it is not whole.
      response.destroy();
      return;
    }
    // What was said of a file that is not sent now: a browser would save the refusal under the file's name.
    for (const header of ['etag', 'content-disposition', 'content-length', 'accept-ranges'])
      response.removeHeader(header);
    response
      .status(problem.status)
      .set({ 'cache-control': 'no-store', ...problem.headers })
      .type('application/problem+json')
      .send(JSON.stringify(problem.document(request.originalUrl)));
  }
}

/** The refusal that an error stands for. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof InvalidReferenceError) return invalid([{ path: error.field, message: error.message }]);
  if (error instanceof NotFoundError) return new HttpProblem(404, { type: 'not-found', detail: error.message });
  if (error instanceof ConflictError) return new HttpProblem(409, { type: 'conflict', detail: error.message });
  if (error instanceof ArtifactNotFoundError) {
    const detail = 'the bytes of this artifact are gone from the artifact store';
    return new HttpProblem(404, { type: 'not-found', detail, cause: error });
  }
  const unavailable = unavailableService(error);
  if (unavailable !== undefined) {
    const detail = `the ${unavailable} is not available at the moment: try again shortly`;
    return new HttpProblem(503, { type: 'unavailable', detail, headers: { 'retry-after': '5' }, cause: error });
  }
  return bodyProblem(error) ?? routerProblem(error) ?? new HttpProblem(500, { type: 'internal', cause: error });
}

function unavailableService(error: unknown): string | undefined {
  if (error instanceof DatabaseUnavailableError) return 'database';
  if (error instanceof QueueUnavailableError) return 'queue';
  if (error instanceof ArtifactStoreUnavailableError) return 'artifact store';
  return undefined;
}

/** Errors of Express' body parsers carry a `type`. */
function bodyProblem(error: unknown): HttpProblem | undefined {
  const { type, status, message, length } = error as {
    type?: unknown;
    status?: unknown;
    message?: string;
    length?: number;
  };
  if (type === 'entity.too.large') {
    const sent = length === undefined ? '' : ` of ${length} bytes`;
    const detail = `the body${sent} is too large: at most ${MAX_SPEC_BYTES} bytes (${MAX_SPEC_BYTES / 1024} KiB) are accepted`;
    // What was not read yet would be taken for the next request.
    return new HttpProblem(413, { type: 'too-large', detail, headers: { connection: 'close' } });
  }
  if (type === 'entity.parse.failed') {
    return new HttpProblem(400, { type: 'syntax', detail: `the body is not JSON: ${message}` });
  }
  if (typeof type === 'string' && typeof status === 'number' && status >= 400 && status < 500) {
    return new HttpProblem(status, { type: 'syntax', detail: `the body cannot be read: ${message}` });
  }
  return undefined;
}

/** What Nest and Express refuse themselves: unknown paths, percent signs that encode nothing. */
function routerProblem(error: unknown): HttpProblem | undefined {
  if (error instanceof URIError) return new HttpProblem(400, { type: 'syntax', detail: 'the path is not a legal URL' });
  if (!(error instanceof HttpException)) return undefined;
  const status = error.getStatus();
  if (status !== 404) return new HttpProblem(status, { type: 'syntax', detail: error.message });
  const detail = `there is nothing here: ${error.message}; /api/docs lists what there is`;
  return new HttpProblem(404, { type: 'not-found', detail });
}
