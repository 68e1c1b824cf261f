import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page, Run, RunDetail } from '#contracts';
import { fieldsOf, startTestApi, type TestApi } from '../../../../test/api.js';
import { completeRun } from '../../../../test/database.js';
import { distillation, logistic, transfer } from '../../../../test/specs.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const detail = async (id: string) => (await api.get<RunDetail>(`runs/${id}`)).body;
const described = (model = 'mobilenet_v2') => ({ pipeline: 'transfer', backbone: { model, weights: 'none' } });
const taughtBy = (teacher: unknown) => ({ ...distillation('latest:x'), teacher });
/** The runs of teachers that an experiment has made. */
async function teachersOf(name: string): Promise<Run[]> {
  const { body } = await api.get<Page<Run>>(`runs?experiment=${encodeURIComponent(`${name} teacher`)}&limit=500`);
  return body.items;
}

describe('a teacher that is described in place', () => {
  it('is trained once for each seed and each form of it, whatever else the matrix varies', async () => {
    const { runs } = await api.submit({
      ...taughtBy(described()),
      name: 'grid',
      seeds: [0, 1, 2],
      matrix: { 'teacher.training.epochs': [1, 2], 'loss.temperature': [2, 4], student: [{ model: 'resnet8' }] },
    });
    expect(runs).toHaveLength(12);
    const teachers = await teachersOf('grid');
    expect(teachers.map(({ seed, point }) => `${seed} ${JSON.stringify(point)}`).sort()).toEqual(
      [0, 1, 2].flatMap((seed) => [1, 2].map((epochs) => `${seed} {"training.epochs":${epochs}}`)),
    );
    for (const { id } of runs) {
      const student = await detail(id);
      const teacher = teachers.find((each) => each.id === student.teacherRunId)!;
      expect([teacher.seed, teacher.point['training.epochs']]).toEqual([
        student.seed,
        student.point['teacher.training.epochs'],
      ]);
    }
  });

  it('may be one of several, beside weights and runs', async () => {
    const run = (await api.submit({ ...transfer, name: 'beside' })).runs[0].id;
    const members = [
      described(),
      { model: 'resnet18', weights: './r.safetensors', weight: 2 },
      { run },
      described('resnet8'),
    ];
    const { runs } = await api.submit({ ...taughtBy(members), name: 'mixed', seeds: [0, 1] });
    const teachers = await teachersOf('mixed');
    expect(teachers.map(({ seed, model }) => `${seed} ${model}`).sort()).toEqual([
      '0 mobilenet_v2',
      '0 resnet8',
      '1 mobilenet_v2',
      '1 resnet8',
    ]);
    const students = await Promise.all(runs.map(({ id }) => detail(id)));
    for (const { seed, teacherRunIds, state } of students) {
      const own = (model: string) => teachers.find((each) => each.seed === seed && each.model === model)!.id;
      expect({ state, teacherRunIds }).toEqual({
        state: 'waiting',
        teacherRunIds: [own('mobilenet_v2'), run, own('resnet8')],
      });
    }
    for (const id of students[0].teacherRunIds) await completeRun(api.database.database, id);
    expect((await Promise.all(runs.map(({ id }) => detail(id)))).map(({ state }) => state)).toEqual([
      'queued',
      'waiting',
    ]);
  });

  it('is shared by members and students that are equal', async () => {
    await api.submit({ ...taughtBy([described(), { ...described(), weight: 3 }]), name: 'twice' });
    expect(await teachersOf('twice')).toHaveLength(1);
  });
});

describe('what is known to be wrong with a teacher is refused when it is submitted', () => {
  const missing = '01930000-0000-7000-8000-000000000000';
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['a run that there is not', taughtBy({ run: missing }), 'teacher.run', /there is no run/],
    ['a name without runs', taughtBy({ run: 'latest:nothing' }), 'teacher.run', /no experiment named "nothing"/],
    ['a member without runs', taughtBy([{ path: '/m' }, { run: 'latest:nothing' }]), 'teacher.1.run', /no experiment/],
    ['a member of no registry', taughtBy([{ path: '/m' }, { registry: 'no@1' }]), 'teacher.1.registry', /has no no@1/],
    [
      'a run of other classes',
      { ...taughtBy({ run: 'latest:digits' }) },
      'teacher.run',
      /class 1 is "0" for the teacher/,
    ],
    ['no weights', taughtBy({ model: 'resnet18', weights: 'none' }), 'teacher.weights', /nothing to teach/],
    ['a backbone', taughtBy([{ model: 'mobilenet_v2', weights: 'coco' }]), 'teacher.0.weights', /knows no classes/],
    [
      "ImageNet's classes",
      taughtBy({ model: 'resnet18', weights: 'torchvision/IMAGENET1K_V1' }),
      'teacher.weights',
      /the classes of ImageNet, not those of the dataset/,
    ],
    [
      'logits of a backbone',
      { ...logistic, features: ['penultimate', 'logits'] },
      'features',
      /has no features "logits"/,
    ],
    [
      'hints of several',
      { ...taughtBy([{ path: '/m' }, { path: '/n' }]), loss: { kind: 'hint' } },
      'loss.kind',
      /one teacher, and there are 2/,
    ],
    ['what is no teacher', taughtBy([{ path: '/m' }, { folder: '/n' }]), 'teacher.1', /needs one of "run"/],
    [
      'a mistake within',
      taughtBy([{ path: '/m' }, { ...described(), trainig: {} }]),
      'teacher.1.trainig',
      /"training"/,
    ],
  ])('%s', async (_, spec, field, message) => {
    await api.submit({ ...transfer, name: 'digits', dataset: { name: 'mnist' } });
    const answer = await api.send('POST', 'experiments', spec);
    expect(answer.status).toBe(422);
    expect(fieldsOf(answer)).toEqual({ [field]: expect.stringMatching(message) as string });
  });

  it('a run that has failed or was cancelled; one that waits for it fails at once, by name', async () => {
    const run = (await api.submit({ ...transfer, name: 'to be cancelled' })).runs[0].id;
    const waiting = (await api.submit(taughtBy([{ path: '/m' }, { run }]))).runs[0].id;
    await api.send('POST', `runs/${run}/cancel`);
    expect(await detail(waiting)).toMatchObject({
      state: 'failed',
      failure: { class: 'user', field: 'teacher.1.run', message: `its teacher, run ${run}, was cancelled` },
    });
    const answer = await api.send('POST', 'experiments', taughtBy({ run }));
    expect(fieldsOf(answer)).toEqual({
      'teacher.run': expect.stringMatching('was cancelled: retry it first') as string,
    });
  });

  it('in a ladder and in a matrix, where it is written', async () => {
    const ladder = {
      ...{ name: 'ladder', dataset: { name: 'cifar10' } },
      ladder: {
        first: { pipeline: 'transfer', backbone: { model: 'mobilenet_v2' } },
        student: { pipeline: 'distillation', teacher: { run: 'latest:nothing' }, student: { model: 'resnet8' } },
      },
    };
    expect(fieldsOf(await api.send('POST', 'experiments', ladder))).toHaveProperty(['ladder.student.teacher.run']);
    ladder.ladder.student.teacher = { model: 'resnet18', weights: 'none' } as unknown as { run: string };
    expect(fieldsOf(await api.send('POST', 'experiments', ladder))).toHaveProperty(['ladder.student.teacher.weights']);
    const grid = { ...taughtBy({ path: '/m' }), matrix: { teacher: [{ path: '/m' }, { run: 'latest:nothing' }] } };
    expect(fieldsOf(await api.send('POST', 'experiments', grid))).toHaveProperty(['matrix.teacher']);
  });
});
