import {
  isTerminal,
  outputAddress,
  type ArtifactKind,
  type Failure,
  type LogLevel,
  type Progress,
  type Spec,
} from '#contracts';
import { appendLogLines } from './append-log-lines.js';
import { appendMetricPoints, rank, type MetricPoint } from './append-metric-points.js';
import { FencedError, type AttemptOutcome, type AttemptStore, type BegunAttempt } from './attempt-store.js';
import { NotFoundError } from './database-errors.js';
import type { Database, Transaction } from './database.js';
import { jsonb } from './json-value.js';
import { endLostAttempt } from './lost-attempt.js';
import { recordEvent } from './record-event.js';
import { delayBeforeRetry } from './retry-policy.js';
import { lockRun, lockRunOfAttempt, moveRun, type LockedRun } from './run-lifecycle.js';
import { isUuid } from './uuid.js';

interface StoredFile {
  name: string;
  sha256: string;
  size: number;
}

/** What workers write, in Postgres. The worker that begins an attempt must be registered (WorkerStore). */
export class PostgresAttemptStore implements AttemptStore {
  constructor(private readonly database: Database) {}

  async begin(request: { runId: string; attempt: number; workerId: string }): Promise<BegunAttempt | undefined> {
    return this.database.transaction(async (tx) => {
      let run = await lockRun(tx, request.runId);
      if (run?.state === 'running') {
        const current = await currentMessage(tx, run);
        // The message that began the current attempt came again: its worker has lost the lease.
        if (current !== request.attempt) return undefined;
        run = await endLostAttempt(tx, run, 'its worker lost the lease');
      } else if (run?.state === 'queued' && request.attempt !== run.attempt + 1) {
        return undefined;
      }
      if (run?.state !== 'queued') return undefined;
      return beginAttempt(tx, run, request);
    });
  }

  async heartbeat(token: string): Promise<{ cancelRequested: boolean }> {
    const [run] = isUuid(token)
      ? await this.database.query<{ cancelRequested: boolean }>(
          `SELECT r.cancel_requested AS "cancelRequested" FROM attempts a JOIN runs r ON r.id = a.run_id
           WHERE a.token = $1 AND r.attempt = a.number AND r.state = 'running'`,
          [token],
        )
      : [];
    if (run === undefined) throw fenced(token);
    return run;
  }

  async setEngine(token: string, engine: Parameters<AttemptStore['setEngine']>[1]): Promise<void> {
    await this.write(token, async (tx, run) => {
      await tx.query('UPDATE attempts SET engine = $2 WHERE token = $1', [token, jsonb(engine)]);
      await recordEvent(tx, { type: 'run', runId: run.id });
    });
  }

  async setProgress(token: string, progress: Progress): Promise<void> {
    await this.write(token, async (tx, run) => {
      await tx.query('UPDATE runs SET progress = $2 WHERE id = $1', [run.id, jsonb(progress)]);
      await recordEvent(tx, { type: 'run', runId: run.id });
    });
  }

  async appendMetrics(token: string, points: MetricPoint[]): Promise<void> {
    await this.write(token, async (tx, run) => {
      const finite = points.filter((point) => Number.isFinite(point.value));
      const others = points.filter((point) => !Number.isFinite(point.value));
      await appendMetricPoints(tx, run.id, finite);
      // JSON and charts know no NaN: the log says what the curve cannot.
      await appendLogLines(
        tx,
        run,
        others.map(({ key, step, value, at }) => ({
          level: 'warn',
          message: `${key} is ${value} at step ${step}`,
          at,
        })),
      );
    });
  }

  async appendLogs(token: string, lines: { level: LogLevel; message: string; at: number }[]): Promise<void> {
    await this.write(token, (tx, run) => appendLogLines(tx, run, lines));
  }

  async addArtifact(
    token: string,
    { name, kind, sha256, size }: { name: string; kind: ArtifactKind; sha256: string; size: number },
  ): Promise<void> {
    await this.write(token, async (tx, run) => {
      await tx.query('INSERT INTO artifacts (sha256, size) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING', [
        sha256,
        size,
      ]);
      await tx.query(
        `INSERT INTO run_artifacts (run_id, name, kind, sha256, attempt, output_address) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (run_id, name) DO UPDATE
         SET kind = excluded.kind, sha256 = excluded.sha256, attempt = excluded.attempt, created_at = now()`,
        [run.id, name, kind, sha256, run.attempt, outputAddress(name)],
      );
      await recordEvent(tx, { type: 'artifacts', runId: run.id });
    });
  }

  async finish(token: string, outcome: AttemptOutcome): Promise<void> {
    await this.write(token, async (tx, run) => {
      if (outcome.type === 'lost') return void (await endLostAttempt(tx, run, outcome.reason));
      const failure = outcome.type === 'failed' ? outcome.failure : undefined;
      await tx.query('UPDATE attempts SET outcome = $2, failure = $3, finished_at = now() WHERE token = $1', [
        token,
        outcome.type,
        jsonb(failure),
      ]);
      if (outcome.type === 'completed') await complete(tx, run, outcome);
      else if (outcome.type === 'cancelled' || run.cancelRequested) await moveRun(tx, run, 'cancel');
      else if (outcome.type === 'drained') await moveRun(tx, run, 'requeue');
      else await fail(tx, run, outcome.failure);
    });
  }

  /** One guarded write: the run's row is locked while the token is checked, so nothing can come between. */
  private async write(token: string, work: (tx: Transaction, run: LockedRun) => Promise<void>): Promise<void> {
    if (!isUuid(token)) throw fenced(token);
    await this.database.transaction(async (tx) => {
      const run = await lockRunOfAttempt(tx, token);
      if (run === undefined) throw fenced(token);
      await work(tx, run);
    });
  }
}

function fenced(token: string): FencedError {
  return new FencedError(`the attempt of token ${token} is over: another one has begun, or the run has ended`);
}

async function currentMessage(tx: Transaction, run: LockedRun): Promise<number | undefined> {
  const [attempt] = await tx.query<{ message: number }>(
    'SELECT message FROM attempts WHERE run_id = $1 AND number = $2',
    [run.id, run.attempt],
  );
  return attempt?.message;
}

async function beginAttempt(
  tx: Transaction,
  run: LockedRun,
  request: { attempt: number; workerId: string },
): Promise<BegunAttempt> {
  const [worker] = isUuid(request.workerId)
    ? await tx.query<{ name: string }>('SELECT name FROM workers WHERE id = $1', [request.workerId])
    : [];
  if (worker === undefined) throw new NotFoundError(`worker ${request.workerId} is not registered`);
  const number = run.attempt + 1;
  await moveRun(tx, run, 'start', { start: { attempt: number, workerName: worker.name } });
  await tx.query('DELETE FROM outbox WHERE run_id = $1', [run.id]);
  const [{ token }] = await tx.query<{ token: string }>(
    `INSERT INTO attempts (run_id, number, message, worker_id, worker_name) VALUES ($1, $2, $3, $4, $5) RETURNING token`,
    [run.id, number, request.attempt, request.workerId, worker.name],
  );
  const [{ spec, seed, project }] = await tx.query<{ spec: Spec; seed: number; project: string }>(
    'SELECT r.spec, r.seed, p.name AS project FROM runs r JOIN projects p ON p.id = r.project_id WHERE r.id = $1',
    [run.id],
  );
  const begun: BegunAttempt = { token, number, runId: run.id, project, spec, seed, teachers: [] };
  const teachers = await tx.query<{ member: number; runId: string }>(
    'SELECT member, teacher_run_id AS "runId" FROM run_teachers WHERE run_id = $1 ORDER BY member',
    [run.id],
  );
  for (const teacher of teachers) {
    begun.teachers.push({ ...teacher, artifacts: await files(tx, teacher.runId, 'model') });
  }
  const checkpoint = (await files(tx, run.id, 'checkpoint'))[0];
  if (checkpoint !== undefined) {
    begun.checkpoint = checkpoint;
    begun.threads = await threadsOf(tx, run.id, checkpoint.name);
  }
  return begun;
}

/** Threads of the engine that wrote a file. */
async function threadsOf(tx: Transaction, runId: string, name: string): Promise<number | undefined> {
  const [row] = await tx.query<{ threads: number | null }>(
    `SELECT (a.engine->>'threads')::int AS threads FROM run_artifacts f
     JOIN attempts a ON a.run_id = f.run_id AND a.number = f.attempt WHERE f.run_id = $1 AND f.name = $2`,
    [runId, name],
  );
  return row?.threads ?? undefined;
}

/** A run's files of one kind, newest first. */
async function files(tx: Transaction, runId: string, kind: ArtifactKind): Promise<StoredFile[]> {
  const rows = await tx.query<{ name: string; sha256: string; size: string }>(
    `SELECT f.name, f.sha256, a.size FROM run_artifacts f JOIN artifacts a USING (sha256)
     WHERE f.run_id = $1 AND f.kind = $2 ORDER BY f.created_at DESC, f.name`,
    [runId, kind],
  );
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

async function complete(
  tx: Transaction,
  run: LockedRun,
  { report }: Extract<AttemptOutcome, { type: 'completed' }>,
): Promise<void> {
  if (report !== undefined) {
    await tx.query(
      `INSERT INTO run_reports (run_id, report) VALUES ($1, $2)
       ON CONFLICT (run_id) DO UPDATE SET report = excluded.report`,
      [run.id, jsonb(report)],
    );
    await rank(tx, run.id, 'test.top1', report.test.top1);
  }
  await moveRun(tx, run, 'complete');
}

async function fail(tx: Transaction, run: LockedRun, failure: Failure): Promise<void> {
  const failures = run.failures + 1;
  const delayMs = delayBeforeRetry(failure, failures);
  const moved =
    delayMs === undefined
      ? await moveRun(tx, run, 'fail', { failure, failures })
      : await moveRun(tx, run, 'requeue', { delayMs, failures });
  const next = isTerminal(moved.state)
    ? 'the run has failed'
    : `attempt ${run.attempt + 1} is due${delayMs ? ` in ${delayMs / 1000} s` : ''}`;
  const message = `attempt ${run.attempt} failed (${failure.class}): ${failure.message}; ${next}`;
  await appendLogLines(tx, run, [{ level: 'error', message, at: Date.now() }]);
}
