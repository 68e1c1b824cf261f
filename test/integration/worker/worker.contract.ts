import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorkerStore } from '#persistence';
import { isAlive, Stage, type StageOptions } from './stage.js';

/** What a worker does with runs, over any queue. Real processes; the trainers are scripted. */
export function workerContract(queue: string, open: () => Promise<StageOptions>): void {
  describe(`a worker over a queue in ${queue}`, () => {
    let stage: Stage;
    beforeEach(async () => {
      stage = await Stage.open(await open());
    });
    afterEach(() => stage.close());

    it('sees a run to its end, with every metric, log line and artifact', async () => {
      const worker = await stage.startWorker();
      const [run] = await stage.submit('trains', { training: { epochs: 45 }, seeds: [7] });
      await stage.until(run, 'completed');

      const losses = await stage.losses(run);
      expect(losses).toEqual(Array.from({ length: 45 }, (_, step) => ({ step, value: step / 2 })));
      const lines = await stage.lines(run);
      expect(lines.filter((line) => line.startsWith('step '))).toEqual(
        Array.from({ length: 45 }, (_, index) => `step ${index + 1}`),
      );
      const detail = await stage.runs.get(run);
      expect(detail).toMatchObject({ attempt: 1, worker: worker.name, bestMetric: { key: 'test.top1', value: 0.5 } });
      expect(detail.progress).toMatchObject({ phase: 'train', done: 45 });
      expect(await stage.runs.report(run)).toMatchObject({ name: 'trains', seed: 7 });
      const [attempt] = await stage.runs.attempts(run);
      expect(attempt).toMatchObject({ outcome: 'completed', engine: { backend: 'scripted' }, failure: null });

      const files = await stage.files.list(run);
      expect(files.map(({ name, kind }) => [name, kind])).toEqual([
        ['checkpoint.safetensors', 'checkpoint'],
        ['model/model.json', 'model'],
        ['model/weights.safetensors', 'model'],
      ]);
      const weights = await buffer(await stage.artifacts.get(files[2].sha256));
      expect(weights.toString()).toBe('w'.repeat(100_000));
      expect(createHash('sha256').update(weights).digest('hex')).toBe(files[2].sha256);
      // Of a name that is announced again and again, the newest bytes count.
      const checkpoint = await buffer(await stage.artifacts.get(files[0].sha256));
      expect(JSON.parse(checkpoint.toString())).toEqual({ next: 45 });

      worker.signal('SIGTERM');
      expect(await worker.exited).toBe(0);
      expect(await readdir(stage.cacheFolder)).toEqual([]);
    });

    it('gives each slot a GPU of its own, takes runs that need one, and hides them all from one that wants the CPU', async () => {
      await stage.startWorker({ TEST_GPUS: 'GPU-a,GPU-b', WORKER_SLOTS: '' });
      const workers = await new WorkerStore(stage.database).list();
      expect(workers).toMatchObject([{ slots: 2, accelerator: 'gpu' }]);
      const visible = async (accelerator: string, seeds: number[]) => {
        const runs = await stage.submit('shows its environment', { resources: { accelerator }, seeds });
        const seen = runs.map(async (run) => {
          await stage.until(run, 'completed');
          const line = (await stage.lines(run)).find((each) => each.startsWith('{'))!;
          return (JSON.parse(line) as Record<string, string>).CUDA_VISIBLE_DEVICES;
        });
        return Promise.all(seen);
      };
      for (const gpu of await visible('gpu', [0, 1, 2, 3])) expect(['GPU-a', 'GPU-b']).toContain(gpu);
      expect(await visible('cpu', [0])).toEqual(['-1']);
    });

    it.each(['trains', 'deaf'])('cancels a run whose trainer "%s" within 2 s, and keeps its curve', async (script) => {
      await stage.startWorker();
      const [run] = await stage.submit(script, { training: { epochs: 100_000 } });
      await stage.untilSteps(run, 20);
      const [trainer] = await stage.trainers(run);
      const asked = performance.now();
      await stage.control.cancel(run);
      await stage.until(run, 'cancelled');
      // The bound is the issue's.
      expect(performance.now() - asked).toBeLessThan(2000);
      expect(isAlive(trainer)).toBe(false);
      expect((await stage.losses(run)).length).toBeGreaterThanOrEqual(20);
      await stage.control.retry(run);
      await expect.poll(async () => (await stage.trainers(run)).length, { timeout: 10_000 }).toBe(2);
      await stage.control.cancel(run);
      await stage.until(run, 'cancelled');
      expect((await stage.runs.attempts(run)).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
    });

    it('tries again after a crash, once; after an error of the user, never; of the machine, after a while', async () => {
      await stage.startWorker({ WORKER_SLOTS: '4' });
      const [crashes] = await stage.submit('crashes');
      const [once] = await stage.submit('crashes once', { training: { epochs: 3 } });
      const [user] = await stage.submit('fails by the user');
      const [machine] = await stage.submit('fails by the machine');

      await stage.until(crashes, 'failed');
      expect(await stage.runs.get(crashes)).toMatchObject({ attempt: 2, failure: { class: 'bug' } });
      expect((await stage.runs.get(crashes)).failure?.message).toMatch(/SIGSEGV/);
      expect(await stage.lines(crashes)).toContain('going down');
      await stage.until(once, 'completed');
      expect((await stage.runs.attempts(once)).map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
      await stage.until(user, 'failed');
      expect(await stage.runs.get(user)).toMatchObject({ attempt: 1, failure: { field: 'dataset.path' } });
      await expect.poll(async () => (await stage.runs.attempts(machine)).at(0)?.outcome).toBe('failed');
      expect(await stage.runs.get(machine)).toMatchObject({ state: 'queued', attempt: 1 });
      const [{ due }] = await stage.database.query<{ due: number }>(
        'SELECT extract(epoch FROM due_at - now())::float8 AS due FROM runs WHERE id = $1',
        [machine],
      );
      // The first backoff of retry-policy.ts is 10 s.
      expect(due).toBeGreaterThan(0);
      expect(due).toBeLessThanOrEqual(10);
    });

    it('takes over from the checkpoint of a worker that was killed, and every metric is there once', async () => {
      const lease = { RUN_LEASE_MS: '1500' };
      await Promise.all([stage.startWorker(lease), stage.startWorker(lease)]);
      const [run] = await stage.submit('trains', { training: { epochs: 150 } });
      await expect.poll(() => stage.files.find(run, 'checkpoint.safetensors'), { timeout: 10_000 }).toBeDefined();
      const [zombie] = await stage.trainers(run);
      const { worker: name } = await stage.runs.get(run);
      const [first, second] = [...stage.workers].sort((a) => (a.name === name ? -1 : 1));
      first.signal('SIGKILL');
      await stage.until(run, 'completed', 40_000);

      expect(await stage.losses(run)).toEqual(Array.from({ length: 150 }, (_, step) => ({ step, value: step / 2 })));
      const attempts = await stage.runs.attempts(run);
      expect(attempts.map(({ outcome, worker }) => [outcome, worker])).toEqual([
        ['lost', first.name],
        ['completed', second.name],
      ]);
      const began = (await stage.lines(run)).flatMap((line) => /^begins at step (\d+)$/.exec(line)?.[1] ?? []);
      expect(began).toHaveLength(2);
      expect(Number(began[1])).toBeGreaterThanOrEqual(10);
      expect(isAlive(zombie)).toBe(false);
      // What the killed worker left behind goes when the next one starts.
      await stage.startWorker(lease);
      const left = await readdir(path.join(stage.cacheFolder, 'attempts')).catch(() => []);
      expect(left.filter((name) => name.includes(`.${first.pid}.`))).toEqual([]);
    });

    it('gives its runs back when it is asked to stop, and the next worker goes on where they were', async () => {
      const first = await stage.startWorker();
      const [run] = await stage.submit('trains', { training: { epochs: 120 } });
      await stage.untilSteps(run, 25);
      first.signal('SIGTERM');
      expect(await first.exited).toBe(0);
      expect(await stage.runs.get(run)).toMatchObject({ state: 'queued', attempt: 1 });
      const stopped = (await stage.losses(run)).length;
      await stage.startWorker();
      await stage.until(run, 'completed');
      expect(await stage.lines(run)).toContain(`begins at step ${stopped}`);
      expect(await stage.losses(run)).toHaveLength(120);
      expect((await stage.runs.attempts(run)).map(({ outcome }) => outcome)).toEqual(['drained', 'completed']);
    });

    it('loses nothing while the database is away for some seconds', async () => {
      const worker = await stage.startWorker();
      const [run] = await stage.submit('trains', { training: { epochs: 400 } });
      await stage.untilSteps(run, 20);
      await stage.sever();
      // What is under test is a length of time: about 3 of the run's 4 seconds.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await stage.restore();
      await stage.until(run, 'completed', 40_000);
      expect(await stage.losses(run)).toEqual(Array.from({ length: 400 }, (_, step) => ({ step, value: step / 2 })));
      const steps = (await stage.lines(run)).filter((line) => line.startsWith('step '));
      expect(new Set(steps).size).toBe(400);
      expect(await stage.runs.get(run)).toMatchObject({ attempt: 1 });
      expect(worker.output()).toMatch(/the database is away/);
    });

    it('runs each of many runs once, with several workers and slots', async () => {
      await Promise.all([stage.startWorker({ WORKER_SLOTS: '2' }), stage.startWorker({ WORKER_SLOTS: '2' })]);
      const runs = await stage.submit('must be alone', { seeds: Array.from({ length: 12 }, (_, seed) => seed) });
      for (const run of runs) await stage.until(run, 'completed');
      const [{ attempts, workers }] = await stage.database.query<{ attempts: number; workers: number }>(
        'SELECT count(*)::int AS attempts, count(DISTINCT worker_id)::int AS workers FROM attempts',
      );
      expect({ attempts, workers }).toEqual({ attempts: 12, workers: 2 });
    });
  });
}

/** What does not depend on the queue. */
export function workerSpecs(): void {
  describe('a worker', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await Stage.open();
      const root = path.join(stage.folder, 'data');
      mkdirSync(root);
      symlinkSync('/etc', path.join(root, 'escape'));
      const secrets = { DISTILLERY_TOKEN: 'hunter2-hunter2-hunter2', AWS_SECRET_ACCESS_KEY: 'hunter2' };
      await stage.startWorker({ WORKER_SLOTS: '2', DISTILLERY_THREADS: '1', DATASETS_ROOT: root, ...secrets });
    });
    afterAll(() => stage.close());

    it('cuts off the log of a trainer that floods it, and says so', async () => {
      const [run] = await stage.submit('floods');
      await stage.until(run, 'completed');
      const lines = await stage.lines(run);
      expect(lines.length).toBeLessThan(5000);
      expect(lines).toContain('line 0');
      expect(lines.some((line) => /^\d+ lines are left out here/.test(line))).toBe(true);
    });

    it.each(['speaks nonsense', 'names a poisoned artifact'])('ends a trainer that %s', async (script) => {
      const [run] = await stage.submit(script);
      await stage.until(run, 'failed');
      const { failure, attempt } = await stage.runs.get(run);
      expect(failure).toMatchObject({ class: 'bug', message: expect.stringMatching(/protocol/) });
      expect(attempt).toBe(2);
      for (const trainer of await stage.trainers(run)) expect(isAlive(trainer)).toBe(false);
      expect(await stage.files.list(run)).toEqual([]);
      expect(existsSync(path.join(stage.cacheFolder, 'evil'))).toBe(false);
    });

    it('keeps its secrets from its trainers', async () => {
      const [run] = await stage.submit('shows its environment');
      await stage.until(run, 'completed');
      const shown = (await stage.lines(run)).find((line) => line.startsWith('{'));
      expect(shown).toContain('"PATH"');
      expect(shown).not.toMatch(/hunter2|DATABASE_URL|QUEUE_URL|ARTIFACTS_URL|postgres:/);
    });

    it('stops a trainer that is stuck when its time is over, and names the field', async () => {
      const [run] = await stage.submit('deaf', { resources: { maxMinutes: 0.001 } });
      await stage.until(run, 'failed');
      const { failure, attempt } = await stage.runs.get(run);
      expect(failure).toMatchObject({ class: 'user', field: 'resources.maxMinutes' });
      expect(attempt).toBe(1);
      const [trainer] = await stage.trainers(run);
      expect(isAlive(trainer)).toBe(false);
      // A retry goes on from it.
      expect(await stage.files.find(run, 'checkpoint.safetensors')).toBeDefined();
    });

    it.each(['/etc', '../../etc', 'escape'])('refuses the dataset folder %s outside DATASETS_ROOT', async (named) => {
      const [run] = await stage.submit('trains', { dataset: { path: named } });
      await stage.until(run, 'failed');
      const { failure, attempt } = await stage.runs.get(run);
      expect(failure).toMatchObject({ class: 'user', field: 'dataset.path' });
      expect(attempt).toBe(1);
      expect(await stage.trainers(run)).toEqual([]);
    });

    it('refuses a run that needs a GPU where nobody has one, and leaves it to whoever has', async () => {
      const gpu = { resources: { accelerator: 'gpu' } };
      const [nobody] = await stage.submit('trains', { training: { epochs: 1 }, ...gpu });
      await stage.until(nobody, 'failed');
      expect(await stage.runs.get(nobody)).toMatchObject({
        attempt: 1,
        failure: { class: 'user', field: 'resources.accelerator', remedy: expect.stringMatching('any') },
      });
      const workers = new WorkerStore(stage.database);
      const other = await workers.register({ name: 'with a GPU', slots: 1, accelerator: 'gpu' });
      const [left] = await stage.submit('trains', { training: { epochs: 1 }, ...gpu });
      const [after] = await stage.submit('trains', { training: { epochs: 1 } });
      await stage.until(after, 'completed');
      expect(await stage.runs.get(left)).toMatchObject({ state: 'queued', attempt: 0 });
      await workers.leave(other);
      await stage.until(left, 'failed');
    });

    it('brings a teacher to its student, which waited for it', async () => {
      const [teacher] = await stage.submit('trains', { training: { epochs: 2 }, seeds: [5] });
      const student = {
        pipeline: 'distillation',
        teacher: { run: 'latest:trains' },
        student: { model: 'small_cnn' },
        seeds: [0, 1],
      };
      const students = await stage.submit('looks at its teacher', student);
      for (const run of students) {
        await stage.until(run, 'completed');
        expect(await stage.runs.get(run)).toMatchObject({ teacherRunId: teacher });
        expect(await stage.lines(run)).toContain('{"name":"trains","seed":5}');
      }
      // One copy for both, and nothing of it in the attempts' own folders any more.
      expect(await readdir(path.join(stage.cacheFolder, 'teachers'))).toHaveLength(1);
    });

    it('goes on with the threads that the checkpoint was made with', async () => {
      const [run] = await stage.submit('says its threads');
      await expect.poll(() => stage.files.find(run, 'checkpoint.safetensors')).toBeDefined();
      await stage.control.cancel(run);
      await stage.until(run, 'cancelled');
      // As if another machine with other threads had begun.
      await stage.database.query(`UPDATE attempts SET engine = jsonb_set(engine, '{threads}', '3') WHERE run_id = $1`, [
        run,
      ]);
      await stage.control.retry(run);
      await stage.until(run, 'completed');
      expect((await stage.runs.attempts(run)).map(({ engine }) => engine?.threads)).toEqual([3, 3]);
    });

    it('begins anew where the checkpoint is lost, and says so', async () => {
      const [run] = await stage.submit('deaf');
      await expect.poll(() => stage.files.find(run, 'checkpoint.safetensors'), { timeout: 10_000 }).toBeDefined();
      await stage.control.cancel(run);
      await stage.until(run, 'cancelled');
      const missing = createHash('sha256').update('nobody has this').digest('hex');
      await stage.database.query('INSERT INTO artifacts (sha256, size) VALUES ($1, 1)', [missing]);
      await stage.database.query('UPDATE run_artifacts SET sha256 = $2 WHERE run_id = $1', [run, missing]);
      await stage.control.retry(run);
      await expect.poll(async () => (await stage.trainers(run)).length, { timeout: 10_000 }).toBe(2);
      expect((await stage.lines(run)).some((line) => /checkpoint .* is lost, the run begins anew/.test(line))).toBe(
        true,
      );
      await stage.control.cancel(run);
      await stage.until(run, 'cancelled');
    });
  });

  describe('a worker process', () => {
    let stage: Stage;
    beforeEach(async () => {
      stage = await Stage.open();
    });
    afterEach(() => stage.close());

    it('lists what is wrong with its environment, without a stack', async () => {
      const { worker } = stage.forkWorker({ RUN_LEASE_MS: 'soon', WORKER_SLOTS: '-1' });
      expect(await worker.exited).not.toBe(0);
      expect(worker.output()).toMatch(/RUN_LEASE_MS must be/);
      expect(worker.output()).toMatch(/WORKER_SLOTS must be/);
    });

    it('waits for a database that is not there yet, and says so without its password', async () => {
      await stage.sever();
      const url = new URL(stage.way.url);
      url.password = 'hunter2';
      const { worker, ready } = stage.forkWorker({ DATABASE_URL: url.href, LOG_LEVEL: 'info' });
      await expect.poll(() => worker.output(), { timeout: 20_000 }).toMatch(/waiting for the database/);
      await stage.restore();
      await ready;
      expect(worker.output()).not.toMatch('hunter2');
      worker.signal('SIGTERM');
      expect(await worker.exited).toBe(0);
    });

    it('ends while it waits when it is asked to', async () => {
      await stage.sever();
      const { worker } = stage.forkWorker();
      await expect.poll(() => worker.output(), { timeout: 20_000 }).toMatch(/waiting for the database/);
      worker.signal('SIGTERM');
      expect(await worker.exited).toBe(0);
    });

    it('drains when its parent is gone', async () => {
      const worker = await stage.startWorker();
      const [run] = await stage.submit('trains', { training: { epochs: 100_000 } });
      await stage.untilSteps(run, 5);
      const [trainer] = await stage.trainers(run);
      worker.disconnect();
      expect(await worker.exited).toBe(0);
      expect(isAlive(trainer)).toBe(false);
      expect(await stage.runs.get(run)).toMatchObject({ state: 'queued', attempt: 1 });
    });

    it('kills a trainer that does not stop in the time of the drain, and still gives its run back', async () => {
      const worker = await stage.startWorker({ DRAIN_TIMEOUT_MS: '1000' });
      const [run] = await stage.submit('deaf');
      await stage.untilSteps(run, 5);
      const [trainer] = await stage.trainers(run);
      worker.signal('SIGTERM');
      expect(await worker.exited).toBe(0);
      expect(isAlive(trainer)).toBe(false);
      expect(await stage.runs.get(run)).toMatchObject({ state: 'queued', attempt: 1 });
    });

    it('kills its trainers at the second signal', async () => {
      const worker = await stage.startWorker({ DRAIN_TIMEOUT_MS: '600000' });
      const [run] = await stage.submit('deaf');
      await stage.untilSteps(run, 5);
      const [trainer] = await stage.trainers(run);
      worker.signal('SIGTERM');
      await expect.poll(() => worker.output()).toMatch(/stopping: SIGTERM/);
      worker.signal('SIGTERM');
      await worker.exited;
      expect(isAlive(trainer)).toBe(false);
      expect(await stage.runs.get(run)).toMatchObject({ state: 'queued' });
    });

    it('stops its trainer and writes nothing more when its attempt does not count any more', async () => {
      await stage.startWorker();
      const [run] = await stage.submit('trains', { training: { epochs: 100_000 } });
      await stage.untilSteps(run, 5);
      const [trainer] = await stage.trainers(run);
      // As another worker does that got the message, too.
      await stage.database.query(`UPDATE runs SET attempt = attempt + 1 WHERE id = $1`, [run]);
      await expect.poll(() => isAlive(trainer), { timeout: 10_000 }).toBe(false);
      const after = (await stage.losses(run)).length;
      const [next] = await stage.submit('trains', { training: { epochs: 1 } });
      await stage.until(next, 'completed');
      expect(await stage.losses(run)).toHaveLength(after);
    });
  });
}
