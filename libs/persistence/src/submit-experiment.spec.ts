import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSpec, type Report, type Spec } from '#contracts';
import { beginRun, completeRun, openTestDatabase, submitRuns, type OpenDatabase } from '../../../test/database.js';
import { distillation, logistic, transfer } from '../../../test/specs.js';
import { ConflictError, InvalidReferenceError } from './database-errors.js';
import type { Database } from './database.js';
import { ExperimentStore } from './experiment-store.js';
import { ModelRegistry } from './model-registry.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';
import { RunControl } from './run-control.js';
import { RunStore } from './run-store.js';

let open: OpenDatabase;
let database: Database;
let experiments: ExperimentStore;
let runStore: RunStore;
beforeAll(async () => {
  open = await openTestDatabase();
  ({ database } = open);
  experiments = new ExperimentStore(database);
  runStore = new RunStore(database);
});
afterAll(() => open.close());

function specOf(written: unknown): Spec {
  const parsed = parseSpec(written);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}
const counts = async () => {
  const [row] = await database.query<Record<string, number>>(
    `SELECT (SELECT count(*)::int FROM experiments) AS experiments, (SELECT count(*)::int FROM runs) AS runs,
       (SELECT count(*)::int FROM outbox) AS outbox`,
  );
  return row;
};

describe('a submission', () => {
  it('makes a run for each seed at each matrix point, with both applied, in order', async () => {
    const { runs } = await submitRuns(database, {
      ...distillation((await submitRuns(database, transfer)).runs[0]),
      seeds: [3, 4],
      matrix: { 'loss.temperature': [2, 4, 8], 'training.batchSize': [16, 32] },
    });
    expect(runs).toHaveLength(12);
    const details = await Promise.all(runs.map((id) => runStore.get(id)));
    const points = details.map(({ seed, spec }) => {
      if (spec.pipeline !== 'distillation') throw new Error('another pipeline');
      return `${seed} ${spec.loss.temperature} ${spec.training.batchSize}`;
    });
    const expected = [2, 4, 8].flatMap((temperature) =>
      [16, 32].flatMap((batchSize) => [3, 4].map((seed) => `${seed} ${temperature} ${batchSize}`)),
    );
    expect([...points].sort()).toEqual([...expected].sort());
    for (const { spec, point } of details) {
      expect(spec.training.batchSize).toBe(point['training.batchSize']);
    }
    expect(runs).toEqual([...runs].sort());
  });

  it('of a thousand runs is one transaction, and a matter of a moment', async () => {
    const seeds = Array.from({ length: 1000 }, (_, seed) => seed);
    const { runs } = await submitRuns(database, { ...logistic, seeds });
    expect(new Set(runs).size).toBe(1000);
    const [{ queued }] = await database.query<{ queued: number }>(
      'SELECT count(*)::int AS queued FROM outbox WHERE run_id = ANY ($1::uuid[])',
      [runs],
    );
    expect(queued).toBe(1000);
  });

  it('that is refused leaves nothing behind', async () => {
    const before = await counts();
    const refused: [unknown, string][] = [
      [{ ...logistic, project: 'nobodys' }, 'project'],
      [distillation('latest:never submitted'), 'teacher.run'],
      [distillation('01930000-0000-7000-8000-000000000000'), 'teacher.run'],
      [{ ...distillation('latest:x'), teacher: { registry: 'nothing@1' } }, 'teacher.registry'],
    ];
    for (const [written, field] of refused) {
      const error: unknown = await experiments.submit({ spec: specOf(written) }).catch((each: unknown) => each);
      expect(error).toBeInstanceOf(InvalidReferenceError);
      expect((error as InvalidReferenceError).field).toBe(field);
    }
    expect(await counts()).toEqual(before);
  });

  it('with the same key is one, also at the same moment; with another spec it is refused', async () => {
    const spec = specOf(logistic);
    const keyed = (written: Spec) => experiments.submit({ spec: written, idempotencyKey: 'key' });
    const before = await counts();
    const answers = await Promise.all(Array.from({ length: 10 }, () => keyed(spec)));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ experiment }) => experiment.id)).size).toBe(1);
    await expect(keyed({ ...spec, name: 'another' })).rejects.toThrow(ConflictError);
    expect(await counts()).toMatchObject({ experiments: before.experiments + 1, runs: before.runs + 1 });
  });
});

describe('a teacher that is described in place', () => {
  const inline = {
    ...distillation('latest:x'),
    teacher: { pipeline: 'transfer', backbone: { model: 'mobilenet_v2' }, training: { epochs: 3 } },
  };
  const details = (ids: readonly string[]) => Promise.all(ids.map((id) => runStore.get(id)));

  it('becomes a run of its own for each seed, which its students wait for', async () => {
    const { runs } = await submitRuns(database, { ...inline, seeds: [3, 4], matrix: { 'loss.temperature': [2, 8] } });
    const students = await details(runs);
    expect(students.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    const teachers = await details([...new Set(students.map(({ teacherRunId }) => teacherRunId!))]);
    expect(teachers.map(({ seed, state }) => [seed, state]).sort()).toEqual([
      [3, 'queued'],
      [4, 'queued'],
    ]);
    for (const teacher of teachers) {
      expect(teacher.experimentName).toBe('distillation-cifar10 teacher');
      expect(teacher.spec).toMatchObject({
        pipeline: 'transfer',
        dataset: { name: 'cifar10' },
        training: { epochs: 3 },
      });
      expect(teacher.spec.seeds).toEqual([teacher.seed]);
    }
    for (const student of students) {
      expect(teachers.find(({ id }) => id === student.teacherRunId)!.seed).toBe(student.seed);
    }
  });

  it('is another one for each matrix point that changes it or its dataset', async () => {
    const matrix = { 'teacher.training.epochs': [1, 2], 'dataset.train': [100, 200], 'loss.temperature': [2, 8] };
    const { runs } = await submitRuns(database, { ...inline, matrix });
    const students = await details(runs);
    const teachers = await details([...new Set(students.map(({ teacherRunId }) => teacherRunId!))]);
    expect(students).toHaveLength(8);
    expect(teachers).toHaveLength(4);
    for (const { point, spec } of teachers) {
      expect(spec.training.epochs).toBe(point['training.epochs']);
      expect(spec.dataset).toMatchObject({ train: point['dataset.train'] });
      expect(Object.keys(point)).toHaveLength(2);
    }
  });

  it('lets its students begin once it has completed', async () => {
    const [student] = (await submitRuns(database, inline)).runs;
    const { teacherRunId } = await runStore.get(student);
    await completeRun(database, teacherRunId!);
    expect((await runStore.get(student)).state).toBe('queued');
  });
});

describe('a ladder', () => {
  it('has students that wait for the run of the arm that teaches them, of their own seed', async () => {
    const { runs } = await submitRuns(database, {
      name: 'ladder',
      dataset: { name: 'cifar10' },
      seeds: [3, 4],
      ladder: {
        student: { pipeline: 'distillation', teacher: { arm: 'transfer' }, student: { model: 'resnet8' } },
        transfer: { pipeline: 'transfer', backbone: { model: 'mobilenet_v2' } },
      },
    });
    const arms = await Promise.all(runs.map((id) => runStore.get(id)));
    expect(arms.map(({ point, seed, state }) => [point.arm, seed, state])).toEqual([
      ['transfer', 3, 'queued'],
      ['transfer', 4, 'queued'],
      ['student', 3, 'waiting'],
      ['student', 4, 'waiting'],
    ]);
    expect(arms.map(({ teacherRunId }) => teacherRunId)).toEqual([null, null, runs[0], runs[1]]);
    await completeRun(database, runs[1]);
    expect(await Promise.all(runs.slice(2).map(async (id) => (await runStore.get(id)).state))).toEqual([
      'waiting',
      'queued',
    ]);
  });

  it('has students that wait for each of several arms that teach them, and for other teachers', async () => {
    const [other] = (await submitRuns(database, { ...transfer, name: 'beside the ladder' })).runs;
    const backbone = { model: 'mobilenet_v2' };
    const { runs } = await submitRuns(database, {
      name: 'ladder',
      dataset: { name: 'cifar10' },
      ladder: {
        student: {
          pipeline: 'distillation',
          teacher: [{ arm: 'two' }, { run: other }, { arm: 'one', weight: 3 }],
          student: { model: 'resnet8' },
        },
        one: { pipeline: 'transfer', backbone },
        two: { pipeline: 'transfer', backbone, training: { epochs: 2 } },
      },
    });
    const [two, one, student] = runs;
    expect(await runStore.get(student)).toMatchObject({ state: 'waiting', teacherRunIds: [two, other, one] });
    for (const teacher of [one, other]) await completeRun(database, teacher);
    expect((await runStore.get(student)).state).toBe('waiting');
    await completeRun(database, two);
    expect((await runStore.get(student)).state).toBe('queued');
    const { teachers } = await beginRun(database, student);
    expect(teachers.map(({ member, runId }) => [member, runId])).toEqual([
      [0, two],
      [1, other],
      [2, one],
    ]);
  });
});

describe('an ensemble', () => {
  const of = (...members: unknown[]) => ({ ...distillation('latest:x'), teacher: members });
  const trained = async (name: string) => (await submitRuns(database, { ...transfer, name })).runs[0];

  it('of runs waits for all of them', async () => {
    const [one, two] = [await trained('one of two'), await trained('two of two')];
    const [student] = (await submitRuns(database, of({ run: one }, { path: './a' }, { run: 'latest:two of two' })))
      .runs;
    expect(await runStore.get(student)).toMatchObject({
      state: 'waiting',
      teacherRunId: one,
      teacherRunIds: [one, two],
    });
    await completeRun(database, two);
    expect((await runStore.get(student)).state).toBe('waiting');
    await completeRun(database, one);
    expect((await runStore.get(student)).state).toBe('queued');
    const begun = await beginRun(database, student);
    expect(begun.teachers).toEqual([
      { member: 0, runId: one, artifacts: [] },
      { member: 2, runId: two, artifacts: [] },
    ]);
  });

  it('is not forgotten where its runs complete at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const teachers = [await trained(`first ${round}`), await trained(`second ${round}`)];
      const [student] = (await submitRuns(database, of(...teachers.map((run) => ({ run }))))).runs;
      await Promise.all(teachers.map((run) => completeRun(database, run)));
      expect((await runStore.get(student)).state).toBe('queued');
    }
  });

  it('fails with any of its runs, by the member’s name, and is retried when all have completed', async () => {
    const [one, two] = [await trained('fine'), await trained('not to be')];
    const [student] = (await submitRuns(database, of({ run: one }, { run: two }))).runs;
    const control = new RunControl(database);
    await control.cancel(two);
    const { state, failure } = await runStore.get(student);
    expect({ state, failure }).toMatchObject({
      state: 'failed',
      failure: { field: 'teacher.1.run', message: `its teacher, run ${two}, was cancelled` },
    });
    await control.retry(two);
    await completeRun(database, two);
    await expect(control.retry(student)).rejects.toThrow(`its teacher, run ${one}, is queued: wait until`);
    await completeRun(database, one);
    await control.retry(student);
    expect((await runStore.get(student)).state).toBe('queued');
  });

  it('is refused with the name of the member that there is not', async () => {
    const refused = experiments.submit({ spec: specOf(of({ path: './a' }, { run: 'latest:never trained' })) });
    await expect(refused).rejects.toMatchObject({ name: 'InvalidReferenceError', field: 'teacher.1.run' });
  });

  it('of teachers that are described in place has a run of each, which students share', async () => {
    const described = (model: string) => ({ pipeline: 'transfer', backbone: { model, weights: 'none' } });
    const members = [described('mobilenet_v2'), { path: './a' }, { ...described('resnet18'), weight: 2 }];
    const { runs } = await submitRuns(database, { ...of(...members), matrix: { 'loss.temperature': [2, 4] } });
    const students = await Promise.all(runs.map((id) => runStore.get(id)));
    const ids = students.map(({ teacherRunIds }) => teacherRunIds);
    expect(ids[0]).toHaveLength(2);
    expect(ids[1]).toEqual(ids[0]);
    const teachers = await Promise.all(ids[0].map((id) => runStore.get(id)));
    expect(teachers.map(({ model, point }) => [model, point])).toEqual([
      ['mobilenet_v2', { member: 0 }],
      ['resnet18', { member: 2 }],
    ]);
    await completeRun(database, ids[0][1]);
    expect((await runStore.get(runs[0])).state).toBe('waiting');
    await completeRun(database, ids[0][0]);
    expect((await beginRun(database, runs[0])).teachers.map(({ member }) => member)).toEqual([0, 2]);
  });
});

describe('a teacher of other classes', () => {
  const classesOf = (names: string[]): Report => ({ ...{ classes: names, test: { top1: 0.5 } } }) as unknown as Report;
  const onMnist = (written: object) => ({ ...written, dataset: { name: 'mnist' } });
  const onFolder = (written: object) => ({ ...written, dataset: { path: './pictures' } });

  it('is refused where both datasets are known, before it has trained', async () => {
    await submitRuns(database, onMnist({ ...transfer, name: 'digits' }));
    const refused = submitRuns(database, distillation('latest:digits'));
    await expect(refused).rejects.toMatchObject({ field: 'teacher.run' });
    await expect(refused).rejects.toThrow('class 1 is "0" for the teacher and "airplane" in the dataset');
    // What a logistic regression is fitted to may be anything.
    await submitRuns(database, { ...logistic, teacher: { run: 'latest:digits' } });
  });

  it('is refused by its report where it has one, and else fails those that wait when it completes', async () => {
    const [done] = (await submitRuns(database, onFolder({ ...transfer, name: 'done' }))).runs;
    await completeRun(database, done, classesOf(['cat', 'dog']));
    await expect(submitRuns(database, distillation(done))).rejects.toThrow(
      'the teacher knows 2 classes, the dataset has 10',
    );
    const [going] = (await submitRuns(database, onFolder({ ...transfer, name: 'going' }))).runs;
    const [waiting] = (await submitRuns(database, distillation(going))).runs;
    const [folder] = (await submitRuns(database, onFolder(distillation(going)))).runs;
    await completeRun(database, going, classesOf(['cat', 'dog']));
    expect(await runStore.get(waiting)).toMatchObject({
      state: 'failed',
      failure: { class: 'user', field: 'teacher.run', message: expect.stringContaining('knows 2 classes') },
    });
    // Of a folder the trainer knows the classes, nobody else.
    expect((await runStore.get(folder)).state).toBe('queued');
  });

  it('is refused in the words of the spec: by the arm, or by the entry of the matrix', async () => {
    const arm = { ...distillation('latest:nothing of the kind'), name: undefined, dataset: undefined };
    const ladder = {
      name: 'ladder',
      dataset: { name: 'cifar10' },
      ladder: {
        scratch: { pipeline: 'transfer', backbone: transfer.backbone },
        student: JSON.parse(JSON.stringify(arm)) as object,
      },
    };
    await expect(submitRuns(database, ladder)).rejects.toMatchObject({ field: 'ladder.student.teacher.run' });
    const [fine] = (await submitRuns(database, { ...transfer, name: 'fine one' })).runs;
    const grid = { ...distillation(fine), matrix: { 'teacher.run': [fine, 'latest:nothing of the kind'] } };
    await expect(submitRuns(database, grid)).rejects.toMatchObject({ field: 'matrix.teacher.run' });
  });
});

describe('a teacher', () => {
  const teacherOf = async (written: unknown) => {
    const { runs } = await submitRuns(database, written);
    const { teacherRunId, state } = await runStore.get(runs[0]);
    return { teacherRunId, state };
  };
  const trained = async (name: string) => (await submitRuns(database, { ...transfer, name })).runs[0];

  it('named "latest" is the newest run of that name that has not failed or been cancelled', async () => {
    const older = await trained('base');
    await completeRun(database, older);
    expect(await teacherOf(distillation('latest:base'))).toEqual({ teacherRunId: older, state: 'queued' });
    const newer = await trained('base');
    expect(await teacherOf(distillation('latest:base'))).toEqual({ teacherRunId: newer, state: 'waiting' });
    await new RunControl(database).cancel(newer);
    expect(await teacherOf(distillation('latest:base'))).toEqual({ teacherRunId: older, state: 'queued' });
  });

  it('that is misspelt is answered with the nearest name, one without a usable run with what to do', async () => {
    await trained('carefully named');
    await expect(teacherOf(distillation('latest:carefuly named'))).rejects.toThrow(
      'did you mean "latest:carefully named"?',
    );
    await new RunControl(database).cancel(await trained('given up'));
    await expect(teacherOf(distillation('latest:given up'))).rejects.toThrow(/failed or was cancelled: retry one/);
  });

  it('named by its id is waited for, and refused where it has failed', async () => {
    const id = await trained('by id');
    expect(await teacherOf(distillation(id))).toEqual({ teacherRunId: id, state: 'waiting' });
    const { token } = await beginRun(database, id);
    const failure = { class: 'user', message: 'no' } as const;
    await new PostgresAttemptStore(database).finish(token, { type: 'failed', failure });
    await expect(teacherOf(distillation(id))).rejects.toThrow(
      `run ${id} has failed: retry it first, or name another one`,
    );
  });

  it('of the registry is the run of its version or alias', async () => {
    const registry = new ModelRegistry(database);
    const versions = [];
    for (const letter of ['a', 'b']) {
      const id = await trained('registered');
      const { token } = await beginRun(database, id);
      const store = new PostgresAttemptStore(database);
      const sha256 = letter.repeat(64);
      await store.addArtifact(token, { name: 'model/weights.safetensors', kind: 'model', sha256, size: 1 });
      await store.finish(token, { type: 'completed' });
      versions.push(await registry.register({ name: 'birds', runId: id }));
    }
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    await registry.setAlias('birds', 'champion', 1);
    const named = (registryName: string) =>
      teacherOf({ ...distillation('latest:x'), teacher: { registry: registryName } });
    expect(await named('birds@2')).toEqual({ teacherRunId: versions[1].runId, state: 'queued' });
    expect(await named('birds@champion')).toEqual({ teacherRunId: versions[0].runId, state: 'queued' });
    await registry.setAlias('birds', 'champion', 2);
    expect(await named('birds@champion')).toMatchObject({ teacherRunId: versions[1].runId });
  });
});
