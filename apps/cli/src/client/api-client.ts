import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformEventSchema, ProblemSchema, type PlatformEvent, type Problem } from '#contracts';
import type { z } from 'zod';
import { CliError } from '../cli-error.js';
import { ExitCode } from '../exit-code.js';
import { readEvents } from './sse.js';

/** The server refused a request; `problem` is its RFC 9457 document. */
export class ProblemError extends CliError {
  override name = 'ProblemError';

  constructor(
    readonly problem: Problem,
    exitCode: ExitCode = ExitCode.failed,
    remedy?: string,
  ) {
    const fields = (problem.errors ?? []).map(
      ({ path, message }) => `\n  ${path === '' ? message : `${path}: ${message}`}`,
    );
    super(`${problem.detail ?? problem.title}${fields.join('')}`, { exitCode, remedy });
  }
}

export class UnreachableError extends CliError {
  override name = 'UnreachableError';

  constructor(url: string, cause: unknown) {
    const reason = reasonOf(cause);
    super(`no Distillery server answers at ${url}${reason === '' ? '' : ` (${reason})`}`, {
      exitCode: ExitCode.unreachable,
      remedy: 'start one with "npm start", or name another with --url or DISTILLERY_URL',
      cause,
    });
  }
}

export interface ApiClientOptions {
  /** Origin of the server. */
  url: string;
  token?: string;
  /** Ends every request under way, and all to come. */
  signal?: AbortSignal;
}

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** The HTTP API, typed by the contracts' schemas: an answer that does not follow them is an error, never a surprise. */
export class ApiClient {
  readonly url: string;
  private readonly token: string | undefined;
  private readonly signal: AbortSignal | undefined;

  constructor({ url, token, signal }: ApiClientOptions) {
    this.url = url.replace(/\/+$/, '');
    this.token = token;
    this.signal = signal;
  }

  /** @param path below /api/v1, without a leading slash */
  async get<T extends z.ZodType>(path: string, schema: T, query: Query = {}): Promise<z.output<T>> {
    return this.parse(await this.send('GET', apiPath(path, query)), schema);
  }

  async post<T extends z.ZodType>(
    path: string,
    schema: T,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<z.output<T>> {
    return this.parse(await this.send('POST', apiPath(path), { body, headers }), schema);
  }

  async patch<T extends z.ZodType>(path: string, schema: T, body: unknown): Promise<z.output<T>> {
    return this.parse(await this.send('PATCH', apiPath(path), { body }), schema);
  }

  async delete(path: string): Promise<void> {
    const response = await this.send('DELETE', apiPath(path));
    await response.body?.cancel();
  }

  /** Opens a download: a path of the origin, as an artifact's `href` is. */
  async download(href: string): Promise<Response> {
    // The token goes to this server alone, wherever a link may point.
    const target = new URL(href, `${this.url}/`);
    if (target.origin !== new URL(this.url).origin) throw new CliError(`${href} is not on the server ${this.url}`);
    return this.send('GET', `${target.pathname}${target.search}`);
  }

  /** Whether a server of ours answers; never throws. */
  async isLive(timeoutMs = 3_000): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/health/live`, { signal: AbortSignal.timeout(timeoutMs) });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  /**
   * What happens on the platform, from now on, for as long as the caller listens: a lost connection is made again with
   * Last-Event-ID, so nothing is missed. The first connection must succeed. `connected` resolves with it.
   */
  async *events({ run, signal, onConnected }: EventOptions = {}): AsyncGenerator<PlatformEvent> {
    let lastEventId: string | undefined;
    let failures = 0;
    for (let first = true; !signal?.aborted; first = false) {
      try {
        const headers: Record<string, string> = { accept: 'text/event-stream' };
        if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
        const response = await this.send('GET', apiPath('events', { run }), { headers, signal });
        failures = 0;
        onConnected?.();
        for await (const event of readEvents(response.body!)) {
          lastEventId = event.id ?? lastEventId;
          const parsed = PlatformEventSchema.safeParse(parseJson(event.data));
          // An event of a newer server that this program does not know is none of its business.
          if (parsed.success) yield parsed.data;
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (first || error instanceof ProblemError) throw error;
      }
      if (++failures > 20) throw new UnreachableError(this.url, undefined);
      await sleep(Math.min(5_000, 250 * 2 ** failures), undefined, { signal }).catch(() => {});
    }
  }

  private async send(
    method: string,
    path: string,
    {
      body,
      headers = {},
      signal: own,
    }: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const signals = [own, this.signal].filter((each) => each !== undefined);
    const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    const all: Record<string, string> = { accept: 'application/json', ...headers };
    if (this.token !== undefined) all.authorization = `Bearer ${this.token}`;
    if (body !== undefined) all['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(`${this.url}${path}`, {
        method,
        headers: all,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new UnreachableError(this.url, error);
    }
    if (!response.ok) throw await problemOf(response, this.url);
    return response;
  }

  private async parse<T extends z.ZodType>(response: Response, schema: T): Promise<z.output<T>> {
    const text = await response.text();
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new CliError(
      `the answer of ${new URL(response.url).pathname} is not understood: ${issue.path.join('.')} ${issue.message}`,
      {
        remedy: `see whether ${this.url} is a Distillery server of the same version as this program`,
        cause: parsed.error,
      },
    );
  }
}

export interface EventOptions {
  /** Only what concerns this run. */
  run?: string;
  signal?: AbortSignal;
  onConnected?(): void;
}

function apiPath(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) search.append(key, String(each));
  }
  return `/api/v1/${path}${search.size > 0 ? `?${search}` : ''}`;
}

async function problemOf(response: Response, url: string): Promise<CliError> {
  const text = await response.text().catch(() => '');
  const parsed = ProblemSchema.safeParse(parseJson(text));
  const problem = parsed.success
    ? parsed.data
    : {
        type: 'about:blank',
        title: `${url} answered ${response.status} ${response.statusText}`.trim(),
        status: response.status,
      };
  if (response.status === 401 || response.status === 403) {
    return new ProblemError(problem, ExitCode.failed, 'set DISTILLERY_TOKEN to the token of the server');
  }
  if ([502, 503, 504].includes(response.status)) return new ProblemError(problem, ExitCode.unreachable);
  return new ProblemError(problem, [400, 413, 422].includes(response.status) ? ExitCode.usage : ExitCode.failed);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What fetch hides below "fetch failed". */
function reasonOf(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') return 'connection refused';
    if (code === 'ENOTFOUND') return 'no such host';
    if (code !== undefined) return code;
  }
  return error instanceof Error ? error.message : '';
}
