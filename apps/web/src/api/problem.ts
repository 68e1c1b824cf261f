import type { Problem } from '#contracts';

/** The API answered with a problem document (RFC 9457), or with an error that is made into one. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';

  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }

  get status(): number {
    return this.problem.status;
  }

  /** The message of each failing field, by dotted path. */
  get fields(): Map<string, string> {
    return new Map((this.problem.errors ?? []).map((error) => [error.path, error.message]));
  }
}

/** No answer came: the API is down, restarting, or the network is. */
export class ApiUnreachable extends Error {
  override name = 'ApiUnreachable';

  constructor(cause: unknown) {
    super('The API does not answer. Check that it runs and that this machine can reach it.', { cause });
  }
}

/** The answer is not what this dashboard's version understands. */
export class ApiMismatch extends Error {
  override name = 'ApiMismatch';

  constructor(path: string, cause: unknown) {
    super(`The API's answer to ${path} has another form than this page expects. Reload the page.`, { cause });
  }
}
