import { describe, expect, it } from 'vitest';
import { expandRuns } from './matrix.js';
import { parseSpec, parseSpecText } from './parse-spec.js';

const ladder = {
  name: 'ladder',
  dataset: { name: 'cifar10', train: 5000 },
  image: { size: 96 },
  training: { epochs: 9, optimizer: { learningRate: 0.1 } },
  student: { model: 'resnet8' },
  seeds: [0, 1],
  ladder: {
    student: {
      pipeline: 'distillation',
      teacher: { arm: 'transfer' },
      image: { size: 32 },
      dataset: { unlabelled: 45000 },
      training: { epochs: 30, optimizer: { kind: 'adamw' } },
    },
    logistic: { pipeline: 'logistic', teacher: { path: './teacher' } },
    transfer: { pipeline: 'transfer', backbone: { model: 'mobilenet_v2' } },
  },
  claims: [{ better: 'student', than: 'logistic', by: 0.5 }],
};

function plansOf(written: unknown) {
  const parsed = parseSpec(written);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return expandRuns(parsed.spec).plans;
}
const issuesOf = (changes: object, arms: object = {}) => {
  const parsed = parseSpec({ ...ladder, ...changes, ladder: { ...ladder.ladder, ...arms } });
  return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path}: ${message}`);
};

describe('a ladder', () => {
  it('expands to a run of each arm for each seed, teachers first, which their students wait for', () => {
    const plans = plansOf(ladder);
    expect(plans.map(({ point, seed }) => [point.arm, seed])).toEqual([
      ...[['transfer', 0], ['transfer', 1], ['student', 0], ['student', 1], ['logistic', 0], ['logistic', 1]], // prettier-ignore
    ]);
    expect(plans[2].teachers).toEqual([{ plan: plans[0], member: 0 }]);
    expect(plans[3].teachers).toEqual([{ plan: plans[1], member: 0 }]);
    expect(plans[4].teachers).toEqual([]);
  });

  it('gives each arm the fields beside it, with its own changes', () => {
    const [transfer, , student, , logistic] = plansOf(ladder).map(({ spec }) => spec);
    expect(transfer).toMatchObject({ pipeline: 'transfer', image: { size: 96 }, training: { epochs: 9 } });
    expect(transfer).not.toHaveProperty('student');
    expect(student).toMatchObject({
      dataset: { name: 'cifar10', train: 5000, unlabelled: 45000 },
      image: { size: 32 },
      student: { model: 'resnet8' },
      training: { epochs: 30, optimizer: { kind: 'adamw', learningRate: expect.any(Number) } },
    });
    // Another kind of optimizer has its own default, not what the fields beside it say of SGD.
    expect(student.training.optimizer.learningRate).not.toBe(0.1);
    expect(logistic).toMatchObject({ pipeline: 'logistic', training: { optimizer: { learningRate: 0.1 } } });
    for (const spec of [transfer, student, logistic]) {
      for (const key of ['arms', 'ladder', 'claims', 'random']) expect(spec).not.toHaveProperty(key);
    }
  });

  it('means the same when what was parsed is parsed again', () => {
    const parsed = parseSpec(ladder);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    const again: unknown = JSON.parse(JSON.stringify(parsed.spec));
    expect(plansOf(again)).toEqual(plansOf(ladder));
  });

  it('goes with a matrix: a student learns from the run of its own point', () => {
    const plans = plansOf({ ...ladder, claims: [], matrix: { 'dataset.train': [100, 200] } });
    expect(plans).toHaveLength(12);
    for (const { teachers, point, seed } of plans.filter((plan) => plan.point.arm === 'student')) {
      expect(teachers.map(({ plan }) => plan)).toMatchObject([
        { seed, point: { arm: 'transfer', 'dataset.train': point['dataset.train'] } },
      ]);
    }
  });

  it('has students that learn from several arms, each in its place among other teachers', () => {
    const student = {
      ...ladder.ladder.student,
      teacher: [{ arm: 'small', weight: 2 }, { path: './a' }, { arm: 'transfer' }],
    };
    const small = { pipeline: 'transfer', backbone: { model: 'resnet8', weights: 'none' } };
    const plans = plansOf({ ...ladder, ladder: { ...ladder.ladder, student, small } });
    expect(plans.map(({ point, seed }) => [point.arm, seed])).toEqual([
      ...[['small', 0], ['small', 1], ['transfer', 0], ['transfer', 1], ['student', 0], ['student', 1], ['logistic', 0], ['logistic', 1]], // prettier-ignore
    ]);
    expect(plans[5].teachers).toEqual([
      { plan: plans[1], member: 0 },
      { plan: plans[3], member: 2 },
    ]);
    expect(issuesOf({}, { student: { ...student, teacher: [{ path: './a' }, { arm: 'transfr' }] } })).toEqual([
      'ladder.student.teacher.1.arm: there is no arm "transfr"; did you mean "transfer"?',
    ]);
    expect(issuesOf({}, { small: { ...ladder.ladder.logistic, teacher: { arm: 'student' } }, student })).toEqual([
      'ladder.small.teacher.arm: goes round in a circle: student learns from small learns from student',
    ]);
  });

  it('says where it is wrong, in the words of the file', () => {
    const student = ladder.ladder.student;
    expect(issuesOf({}, { student: { ...student, teacher: { arm: 'transfr' } } })).toEqual([
      'ladder.student.teacher.arm: there is no arm "transfr"; did you mean "transfer"?',
    ]);
    expect(issuesOf({}, { student: { ...student, teacher: { arm: 'student' } } })[0]).toMatch(/round in a circle/);
    expect(issuesOf({}, { student: { ...student, seeds: [1] } })[0]).toMatch(
      /^ladder\.student\.seeds: is the same for/,
    );
    expect(issuesOf({}, { logistic: { ...ladder.ladder.logistic, dataset: { train: 10 } } })).toEqual([
      expect.stringMatching(/^ladder\.logistic\.dataset: is another split/),
    ]);
    expect(
      issuesOf({}, { transfer: { pipeline: 'transfer', backbone: { model: 'resnet8', weight: 'coco' } } })[0],
    ).toMatch(/^ladder\.transfer\.backbone\.weight: unknown key; did you mean "weights"/);
    expect(issuesOf({ claims: [{ better: 'studnt', than: 'logistic' }] })[0]).toMatch(
      /^claims\.0\.better: names no runs/,
    );
    expect(issuesOf({}, { student: 3 })[0]).toMatch(/^ladder\.student: needs the fields/);
    expect(parseSpec({ ...ladder, ladder: {} })).toMatchObject({ ok: false, issues: [{ path: 'ladder' }] });
  });

  it('takes no longer where each of many arms learns from all before it, and says how many are too many', () => {
    const arm = (index: number) => ({
      ...{ pipeline: 'distillation', student: { model: 'resnet8' } },
      teacher: Array.from({ length: Math.min(index + 1, 16) }, (_, member) => ({ arm: `a${index + 1 + member}` })),
    });
    const many = (count: number) => {
      const last = Array.from({ length: 17 }, (_, index) => [`a${count + index}`, ladder.ladder.transfer]);
      return Object.fromEntries([...Array.from({ length: count }, (_, index) => [`a${index}`, arm(index)]), ...last]);
    };
    const plans = plansOf({ ...ladder, claims: [], ladder: many(83), seeds: [0] });
    const place = new Map(plans.map((plan, index) => [plan, index]));
    for (const plan of plans)
      for (const each of plan.teachers) expect(place.get(each.plan)).toBeLessThan(place.get(plan)!);
    expect(parseSpec({ ...ladder, claims: [], ladder: many(84) })).toMatchObject({
      issues: [{ path: 'ladder', message: expect.stringMatching(/^has 101 arms/) as string }],
    });
  });

  it('is the only place where a teacher is an arm', () => {
    const { ladder: arms, claims: _claims, ...rest } = ladder;
    const parsed = parseSpec({ ...rest, ...arms.student, dataset: rest.dataset });
    expect(parsed).toMatchObject({ ok: false, issues: [{ path: 'teacher.arm' }] });
  });

  it('is placed at its line', () => {
    const text =
      'name: l\ndataset: { name: mnist }\nladder:\n  a:\n    pipeline: transfer\n    backbone: { model: resnet8 }\n    epochs: 3\n';
    expect(parseSpecText(text)).toMatchObject({ ok: false, issues: [{ path: 'ladder.a.epochs', line: 7 }] });
  });
});
