import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  StudySchema,
  type Artifact,
  type Experiment,
  type LogLine,
  type MetricSeries,
  type Report,
  type RunDetail,
  type RunState,
} from '#contracts';
import { writePictureFolder } from '../browser/picture-folder.js';
import { startPlatform, type PlatformOptions, type TestPlatform } from '../platform.js';
import { testRedisUrl, testS3Url, testTensorflow } from '../services/test-services.js';

const tensorflow = await testTensorflow();
const [redis, s3] = [await testRedisUrl(), await testS3Url()];

const TRAINING_MS = 180_000;

let base: string;
let pictures: string;
/** Of the transfer run in the first set-up, for comparison with the second: file → SHA-256. */
const seen = new Map<string, Record<string, string>>();

beforeAll(async () => {
  base = mkdtempSync(path.join(os.tmpdir(), 'distillery-e2e-'));
  pictures = path.join(base, 'pictures');
  await writePictureFolder(pictures, 30);
});
afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 5 }));

/** A cache of the test's own that has the installed engine. */
function freshCache(name: string): string {
  const cache = path.join(base, name);
  mkdirSync(path.join(cache, 'engine'), { recursive: true });
  symlinkSync(tensorflow!, path.join(cache, 'engine', path.basename(tensorflow!)));
  return cache;
}

const common = () => ({
  dataset: { path: pictures, validation: 0.2, test: 0.2 },
  image: { size: 16 },
});
const training = (epochs: number) => ({ epochs, batchSize: 16, optimizer: { learningRate: 0.01 } });
const transfer = (name: string, epochs: number) => ({
  name,
  pipeline: 'transfer',
  ...common(),
  backbone: { model: 'small_cnn', weights: 'none' },
  training: training(epochs),
});
const distillation = (name: string) => ({
  name,
  pipeline: 'distillation',
  ...common(),
  teacher: { run: 'latest:teacher' },
  student: { model: 'small_cnn' },
  training: training(30),
});
const logistic = (name: string) => ({
  name,
  pipeline: 'logistic',
  ...common(),
  teacher: { run: 'latest:teacher' },
  features: 'logits',
  regularization: { lambda: [0.01, 0.001] },
});

function platformSuite(setUp: string, options: PlatformOptions): void {
  describe.skipIf(tensorflow === undefined)(`the platform over ${setUp}`, () => {
    let platform: TestPlatform;
    beforeAll(async () => {
      const env = { DISTILLERY_CACHE: freshCache(setUp.replaceAll(/\W+/g, '-')), DISTILLERY_THREADS: '1' };
      platform = await startPlatform({
        ...options,
        env: { ...env, WORKER_SLOTS: '1', DATASETS_ROOT: base, RUN_LEASE_MS: '3000' },
      });
    });
    afterAll(() => platform.stop());

    async function ask(method: string, at: string, body?: unknown): Promise<Response> {
      const response = await fetch(`${platform.url}${at}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      if (response.ok) return response;
      throw new Error(`${method} ${at}: ${response.status} ${await response.text()}`);
    }
    async function get<T>(at: string): Promise<T> {
      return (await (await ask('GET', `/api/v1/${at}`)).json()) as T;
    }
    async function submit(spec: unknown): Promise<string> {
      const experiment = (await (await ask('POST', '/api/v1/experiments', spec)).json()) as Experiment;
      return experiment.runs[0].id;
    }
    async function until(run: string, state: RunState): Promise<RunDetail> {
      const look = async () => {
        const detail = await get<RunDetail>(`runs/${run}`);
        if (detail.state !== 'failed' || state === 'failed') return detail.state;
        const output = platform.workers.map((worker) => worker.output()).join('\n');
        return `failed: ${JSON.stringify(detail.failure)}\n${output}`;
      };
      await expect.poll(look, { timeout: TRAINING_MS, interval: 100 }).toBe(state);
      return get(`runs/${run}`);
    }

    it('completes the three pipelines, and gives out all that they made', { timeout: 2 * TRAINING_MS }, async () => {
      const runs = {
        transfer: await submit(transfer('teacher', 30)),
        distillation: await submit(distillation('student')),
        logistic: await submit(logistic('probe')),
      };
      // Both wait for their teacher, which has only just been submitted.
      for (const waiting of [runs.distillation, runs.logistic]) {
        expect(await get<RunDetail>(`runs/${waiting}`)).toMatchObject({
          state: 'waiting',
          teacherRunId: runs.transfer,
        });
      }
      for (const [pipeline, run] of Object.entries(runs)) {
        const detail = await until(run, 'completed');
        expect(detail).toMatchObject({ pipeline, attempt: 1, failure: null });

        const report = await get<Report>(`runs/${run}/report`);
        expect(report).toMatchObject({ pipeline, classes: ['copper', 'moss', 'slate'], test: { images: 18 } });
        // Three colours that a glance tells apart.
        expect(report.test.top1).toBeGreaterThan(0.5);
        expect(detail.bestMetric).toEqual({ key: 'test.top1', value: report.test.top1 });

        const { items: curves } = await get<{ items: MetricSeries[] }>(`runs/${run}/metrics?maxPoints=1000`);
        expect(curves.length).toBeGreaterThan(0);
        for (const curve of curves) expect(curve.steps.length).toBe(curve.values.length);
        const { items: lines } = await get<{ items: LogLine[] }>(`runs/${run}/logs?limit=1000`);
        expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));

        const { items: files } = await get<{ items: Artifact[] }>(`runs/${run}/artifacts`);
        expect(files.map(({ name }) => name)).toEqual(
          expect.arrayContaining(['model/model.json', 'model/weights.safetensors', 'report.json']),
        );
        for (const file of files) {
          const bytes = Buffer.from(await (await ask('GET', file.href)).arrayBuffer());
          expect(bytes.length).toBe(file.size);
          expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
        }
        const models = Object.fromEntries(
          files.filter(({ kind }) => kind === 'model').map(({ name, sha256 }) => [name, sha256]),
        );
        // The same spec, seed and threads: the same bits, whatever carries the runs.
        const earlier = seen.get(pipeline);
        if (earlier === undefined) seen.set(pipeline, models);
        else expect(models).toEqual(earlier);
      }
    });

    it('cancels a run that trains, and its retry goes on as attempt 2', { timeout: TRAINING_MS }, async () => {
      const run = await submit(transfer('long', 100_000));
      await until(run, 'running');
      const points = async () => {
        const { items } = await get<{ items: MetricSeries[] }>(`runs/${run}/metrics?keys=train.loss&maxPoints=10000`);
        return items[0]?.steps ?? [];
      };
      await expect.poll(async () => (await points()).length, { timeout: 60_000 }).toBeGreaterThan(20);
      const asked = performance.now();
      await ask('POST', `/api/v1/runs/${run}/cancel`);
      await until(run, 'cancelled');
      // The bound is the issue's.
      expect(performance.now() - asked).toBeLessThan(2000);
      const before = await points();
      expect(before.length).toBeGreaterThan(20);
      await ask('POST', `/api/v1/runs/${run}/retry`);
      await until(run, 'running');
      await expect.poll(async () => (await points()).at(-1), { timeout: 60_000 }).toBeGreaterThan(before.at(-1)!);
      const { items: attempts } = await get<{ items: { number: number; outcome: string }[] }>(`runs/${run}/attempts`);
      expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
        [1, 'cancelled'],
        [2, 'running'],
      ]);
      await ask('POST', `/api/v1/runs/${run}/cancel`);
      await until(run, 'cancelled');
    });

    it.each([
      ['a folder that is not there', 'nowhere'],
      ['a folder outside DATASETS_ROOT', '/etc'],
    ])('fails a run with %s once, naming the field', { timeout: TRAINING_MS }, async (_, folder) => {
      const run = await submit({ ...transfer('wrong', 1), dataset: { path: folder } });
      expect(await until(run, 'failed')).toMatchObject({
        attempt: 1,
        failure: { class: 'user', field: 'dataset.path' },
      });
    });

    if ((options.workers ?? 1) < 2) {
      it('runs a ladder, and says what its arms have found', { timeout: 2 * TRAINING_MS }, async () => {
        const { name: _, dataset: __, image: ___, ...arm } = transfer('', 1);
        const spec = {
          ...{ name: 'ladder', ...common(), seeds: [0, 1], report: { maxSeconds: 0 } },
          ladder: {
            logistic: { pipeline: 'logistic', teacher: { arm: 'transfer' }, features: 'penultimate' },
            transfer: { ...arm, training: training(3) },
            scratch: arm,
            distillation: {
              ...{ pipeline: 'distillation', teacher: { arm: 'transfer' }, student: { model: 'small_cnn' } },
              training: training(1),
            },
          },
          claims: [
            { better: 'transfer', than: 'scratch' },
            { better: 'distillation', than: 'scratch', by: 1 },
            { better: 'logistic', than: 'transfer', metric: 'test.loss' },
          ],
        };
        const { id } = (await (await ask('POST', '/api/v1/experiments', spec)).json()) as Experiment;
        const { runs } = await get<Experiment>(`experiments/${id}`);
        expect(runs).toHaveLength(8);
        const details = await Promise.all(runs.map((run) => until(run.id, 'completed')));
        const runOf = (arm: string, seed: number) => details.find((run) => run.point.arm === arm && run.seed === seed)!;
        for (const seed of [0, 1]) {
          const teacher = runOf('transfer', seed).id;
          expect(['logistic', 'distillation'].map((arm) => runOf(arm, seed).teacherRunIds)).toEqual([
            [teacher],
            [teacher],
          ]);
        }

        const { arms, claims } = StudySchema.strict().parse(await get(`experiments/${id}/study`));
        expect(arms.map(({ label }) => label).sort()).toEqual(['distillation', 'logistic', 'scratch', 'transfer']);
        for (const { label, results, runs } of arms) {
          expect(runs.map(({ state }) => state)).toEqual(['completed', 'completed']);
          const top1 = results.find(({ metric }) => metric === 'test.top1')!;
          const tested = [0, 1].map((seed) => runOf(label, seed).bestMetric!.value);
          expect(top1).toMatchObject({
            mean: expect.closeTo((tested[0] + tested[1]) / 2, 6) as number,
            seeds: 2,
            images: 18,
          });
          expect(top1.interval![0]).toBeLessThanOrEqual(top1.mean);
          expect(top1.interval![1]).toBeGreaterThanOrEqual(top1.mean);
        }
        expect(claims).toHaveLength(3);
        for (const { difference, interval, seeds, verdict, words } of claims) {
          expect(seeds).toBe(2);
          expect(interval![0]).toBeLessThanOrEqual(difference!);
          expect(interval![1]).toBeGreaterThanOrEqual(difference!);
          expect(['holds', 'does not hold', 'undecided']).toContain(verdict);
          expect(words).not.toBe('');
        }
      });
      return;
    }
    it('goes on elsewhere when a worker is killed, to the same weights', { timeout: TRAINING_MS }, async () => {
      const weightsOf = async (run: string) => {
        const { items } = await get<{ items: Artifact[] }>(`runs/${run}/artifacts`);
        return items.find(({ name }) => name === 'model/weights.safetensors')?.sha256;
      };
      const unbroken = await submit(transfer('unbroken', 80));
      await until(unbroken, 'completed');
      const broken = await submit(transfer('broken', 80));
      await expect
        .poll(async () => (await get<{ items: Artifact[] }>(`runs/${broken}/artifacts`)).items.length, {
          timeout: 60_000,
        })
        .toBeGreaterThan(0);
      const { worker: name } = await get<RunDetail>(`runs/${broken}`);
      platform.workers[name === 'worker-1' ? 0 : 1].signal('SIGKILL');
      expect(await until(broken, 'completed')).toMatchObject({ attempt: 2 });
      expect(await weightsOf(broken)).toBe(await weightsOf(unbroken));
      const curve = async (run: string) => {
        const { items } = await get<{ items: MetricSeries[] }>(`runs/${run}/metrics?keys=train.loss&maxPoints=10000`);
        return items.map(({ steps, values }) => ({ steps, values }));
      };
      expect(await curve(broken)).toEqual(await curve(unbroken));
    });
  });
}

platformSuite('one database and a folder', { queue: 'postgres', artifacts: 'file', workers: 1 });

if (redis === undefined || s3 === undefined) {
  describe.skip('the platform over Redis and S3', () => it('needs a Redis and an S3 store', () => undefined));
} else {
  platformSuite('Redis and S3', { queue: 'redis', artifacts: 's3', workers: 2 });
}
