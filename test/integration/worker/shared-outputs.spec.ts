import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testS3Url, testTensorflow } from '../../services/test-services.js';
import { writePictureFolder } from '../../browser/picture-folder.js';
import { Stage } from './stage.js';

/*
 * What a teacher says, among machines: workers with a cache folder each, over one database and one artifact store.
 */

const ASKING = path.resolve(import.meta.dirname, '../../processes/asking-trainer.js');
const IMAGES = 40;

const s3 = await testS3Url();
const tensorflow = await testTensorflow();

let stage: Stage;
const cacheOf = (machine: string) => path.join(stage.folder, `cache-of-${machine}`);

describe('two machines that ask the same teacher at the same time', () => {
  beforeAll(async () => {
    stage = await Stage.open({ artifactsUrl: s3 });
    for (const machine of ['one', 'two']) {
      mkdirSync(cacheOf(machine));
      const env = { WORKER_NAME: machine, DISTILLERY_CACHE: cacheOf(machine), RUN_LEASE_MS: '3000' };
      await stage.startWorker(env, ASKING);
    }
  });
  afterAll(() => stage.close());

  const hold = (machine: string) => writeFileSync(path.join(cacheOf(machine), 'hold'), '');
  const goOn = (machine: string) => rmSync(path.join(cacheOf(machine), 'hold'));

  /** @param teacher a name: another one is another teacher */
  async function students(teacher: string, seeds: number[]): Promise<string[]> {
    return stage.submit(teacher, {
      pipeline: 'distillation',
      teacher: { model: 'mobilenet_v2', weights: './teacher.safetensors' },
      student: { model: 'small_cnn' },
      seeds,
    });
  }
  const said = async (run: string, line: RegExp) => (await stage.lines(run)).some((each) => line.test(each));
  async function computed(...runs: string[]): Promise<number> {
    const lines = (await Promise.all(runs.map((run) => stage.lines(run)))).flat();
    return lines.reduce((sum, line) => sum + Number(/^computed (\d+)$/.exec(line)?.[1] ?? 0), 0);
  }

  /** Two students of a teacher, of which one computes and holds half way while the other waits for it. */
  async function halfWay(teacher: string) {
    for (const machine of ['one', 'two']) hold(machine);
    const runs = await students(teacher, [0, 1]);
    const find = async (line: RegExp) => {
      const all = await Promise.all(runs.map((run) => said(run, line)));
      return runs[all.indexOf(true)];
    };
    await expect.poll(() => find(/^holds$/), { timeout: 30_000 }).toBeDefined();
    await expect.poll(() => find(/^waits for run /), { timeout: 30_000 }).toBeDefined();
    const [holder, waiting] = [(await find(/^holds$/))!, (await find(/^waits for run /))!];
    const machines = await Promise.all([holder, waiting].map(async (run) => (await stage.runs.get(run)).worker!));
    expect([...machines].sort()).toEqual(['one', 'two']);
    return { holder, waiting, machines };
  }

  it('compute each row once, and the one that waits says for whom', async () => {
    const { holder, waiting, machines } = await halfWay('once');
    const named = `run ${holder} on ${machines[0]}`;
    expect(await stage.lines(waiting)).toContain(`waits for ${named}`);
    await expect
      .poll(async () => (await stage.runs.get(waiting)).progress?.phase, { timeout: 10_000 })
      .toBe(`teacher: waiting for ${named}`);
    machines.forEach(goOn);
    for (const run of [holder, waiting]) await stage.until(run, 'completed');
    expect(await computed(holder)).toBe(IMAGES);
    expect(await computed(waiting)).toBe(0);
    expect(await stage.lines(waiting)).toContain(`has ${IMAGES}`);
    expect(await said(waiting, /^Waited [\d.]+ s for what the teacher says$/)).toBe(true);
    expect((await stage.runs.get(waiting)).metrics['teacher.waitedSeconds']).toBeGreaterThan(0);
    // A third student, later, finds all of it on either machine.
    const [later] = await students('once', [2]);
    await stage.until(later, 'completed');
    expect(await computed(later)).toBe(0);
    await expect.poll(() => stage.database.query('SELECT FROM output_leases'), { timeout: 10_000 }).toEqual([]);
  });

  it('are cancelled at once while they wait, and the other one goes on', async () => {
    const { holder, waiting, machines } = await halfWay('cancelled');
    const asked = performance.now();
    await stage.control.cancel(waiting);
    await stage.until(waiting, 'cancelled');
    // The bound that the cancellation of any run has.
    expect(performance.now() - asked).toBeLessThan(2000);
    machines.forEach(goOn);
    await stage.until(holder, 'completed');
    expect(await computed(holder, waiting)).toBe(IMAGES);
  });

  it('go on from the rows that are there when the other machine is gone', async () => {
    const { holder, waiting, machines } = await halfWay('gone');
    goOn(machines[1]);
    stage.workers.find(({ name }) => name === machines[0])!.signal('SIGKILL');
    await stage.until(waiting, 'completed', 40_000);
    expect(await stage.lines(waiting)).toContain('found 20');
    expect(await computed(waiting)).toBe(20);
    // The run of the machine that is gone has its rows from the other one.
    await stage.until(holder, 'completed', 40_000);
    expect(await computed(holder, waiting)).toBe(IMAGES);
  });
});

describe.skipIf(tensorflow === undefined)('students of one teacher on two machines', () => {
  afterEach(() => stage.close());

  it('ask it about each image once in all', { timeout: 180_000 }, async () => {
    stage = await Stage.open();
    const pictures = path.join(stage.folder, 'pictures');
    await writePictureFolder(pictures, 30);
    const trainer = path.resolve(import.meta.dirname, '../../../dist/apps/trainer/src/main.js');
    for (const name of ['one', 'two']) {
      mkdirSync(path.join(cacheOf(name), 'engine'), { recursive: true });
      symlinkSync(tensorflow!, path.join(cacheOf(name), 'engine', path.basename(tensorflow!)));
      await stage.startWorker({ WORKER_NAME: name, DISTILLERY_CACHE: cacheOf(name), DISTILLERY_THREADS: '1' }, trainer);
    }
    const common = {
      dataset: { path: pictures, validation: 0.2, test: 0.2 },
      image: { size: 16 },
      training: { epochs: 1, batchSize: 16 },
      report: { maxSeconds: 0 },
    };
    const [teacher] = await stage.submit('teacher', common);
    const students = await stage.submit('students', {
      ...common,
      pipeline: 'distillation',
      teacher: { run: teacher },
      student: { model: 'small_cnn' },
      seeds: [0, 1],
    });
    for (const run of students) await stage.until(run, 'completed', 120_000);
    const uses = await Promise.all(students.map(async (run) => (await stage.runs.report(run)).teacherCache!));
    // The training images and the test's, of which both students ask.
    const [{ rows }] = uses;
    expect(uses.map((use) => use.rows)).toEqual([rows, rows]);
    expect(uses.reduce((sum, use) => sum + use.rows - use.hits, 0)).toBe(rows);
    const machines = await Promise.all(students.map(async (run) => (await stage.runs.get(run)).worker));
    expect(machines.sort()).toEqual(['one', 'two']);
    for (const name of ['one', 'two']) expect(existsSync(path.join(cacheOf(name), 'outputs'))).toBe(true);
  });
});
