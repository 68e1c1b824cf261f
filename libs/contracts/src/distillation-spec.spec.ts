import { describe, expect, it } from 'vitest';
import type { DistillationSpec } from './spec.js';
import { parseSpec } from './parse-spec.js';
import { inlineTeachersOf, teachersOf } from './teachers-of.js';

function parse(fields: Record<string, unknown>) {
  return parseSpec({
    name: 'a',
    pipeline: 'distillation',
    dataset: { name: 'cifar10' },
    teacher: { path: './teacher' },
    student: { model: 'resnet8' },
    ...fields,
  });
}
function specOf(fields: Record<string, unknown>): DistillationSpec {
  const parsed = parse(fields);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec as DistillationSpec;
}
function issuesOf(fields: Record<string, unknown>): string[] {
  const parsed = parse(fields);
  return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path} ${message}`);
}

describe('the loss of a distillation', () => {
  it("has the papers' weights and temperatures as defaults", () => {
    const loss = (kind?: string) => specOf({ loss: kind === undefined ? {} : { kind } }).loss;
    expect(loss()).toEqual({ kind: 'kd', temperature: 4, kdWeight: 0.9, ceWeight: 0.1 });
    expect(loss('dkd')).toEqual({ kind: 'dkd', temperature: 4, alpha: 1, beta: 8, warmupEpochs: 20, ceWeight: 1 });
    expect(loss('dist')).toEqual({ kind: 'dist', temperature: 4, beta: 2, gamma: 2, ceWeight: 1 });
    expect(loss('logit-std')).toEqual({ kind: 'logit-std', temperature: 2, kdWeight: 9, ceWeight: 0.1 });
    expect(loss('hint')).toEqual({ kind: 'hint', hintWeight: 1, temperature: 4, kdWeight: 0.9, ceWeight: 0.1 });
  });

  it('names the legal kinds, and the legal keys of its own kind', () => {
    expect(issuesOf({ loss: { kind: 'dkdd' } })).toEqual([
      'loss.kind must be one of kd, dkd, dist, logit-std, hint; did you mean "dkd"?',
    ]);
    expect(issuesOf({ loss: { kind: 'dist', alpha: 1 } })).toEqual([
      expect.stringMatching(/^loss\.alpha unknown key; (did you mean|legal here: kind, temperature, beta)/),
    ]);
  });

  it('follows named layers only where both are named', () => {
    const layers = { kind: 'hint', studentLayer: 'layer2', teacherLayer: 'layer3' };
    expect(specOf({ loss: { ...layers, hintSize: 4 } }).loss).toMatchObject({ ...layers, hintSize: 4 });
    expect(issuesOf({ loss: { kind: 'hint', teacherLayer: 'layer3' } })).toEqual([
      'loss needs both studentLayer and teacherLayer, or neither: a map is compared with a map',
    ]);
    expect(issuesOf({ loss: { kind: 'hint', hintSize: 4 } })).toEqual([
      expect.stringMatching(/^loss\.hintSize is of the maps that/),
    ]);
  });

  it('is varied as a whole in a matrix', () => {
    const spec = specOf({ matrix: { loss: [{ kind: 'kd' }, { kind: 'dkd', warmupEpochs: 2 }] } });
    expect(spec.matrix.loss).toHaveLength(2);
  });
});

describe('the teachers of a spec', () => {
  it('are one, or several with weights that are 1 where none is given', () => {
    const teacher = [{ path: './a', weight: 3 }, { run: 'latest:b' }, { model: 'resnet20', weights: './c' }];
    const spec = specOf({ teacher });
    expect(spec.teacher).toEqual(teacher.map((member) => ({ weight: 1, ...member })));
    expect(teachersOf(spec)).toEqual([
      { teacher: { path: './a' }, field: 'teacher.0' },
      { teacher: { run: 'latest:b' }, field: 'teacher.1' },
      { teacher: { model: 'resnet20', weights: './c' }, field: 'teacher.2' },
    ]);
    expect(teachersOf(specOf({}))).toEqual([{ teacher: { path: './teacher' }, field: 'teacher' }]);
  });

  it('are named by their place where one of them is wrong', () => {
    expect(issuesOf({ teacher: [{ path: './a' }, { path: './b', wieght: 2 }] })).toEqual([
      'teacher.1.wieght unknown key; did you mean "weight"?',
    ]);
    expect(issuesOf({ teacher: [{ path: './a', weight: 0 }] })).toEqual([
      expect.stringMatching(/^teacher\.0\.weight .*>0/),
    ]);
    expect(issuesOf({ teacher: [{}] })).toEqual([expect.stringMatching(/^teacher\.0 needs one of "run"/)]);
    expect(issuesOf({ teacher: [] })).toHaveLength(1);
  });

  it('may be one that is trained first, on the same images, split and seeds', () => {
    const teacher = { pipeline: 'transfer', backbone: { model: 'mobilenet_v2' }, training: { epochs: 3 } };
    const dataset = { name: 'cifar10', train: 5000, unlabelled: 45_000 };
    const spec = specOf({ teacher, dataset, seeds: [1, 2], name: 'n'.repeat(120) });
    const [{ spec: trained }] = inlineTeachersOf(spec);
    expect(trained).toMatchObject({
      ...teacher,
      dataset,
      seeds: [1, 2],
      matrix: {},
      name: `${'n'.repeat(112)} teacher`,
    });
    expect(trained.training).toMatchObject({ epochs: 3, batchSize: 64 });
    expect(parseSpec(trained)).toMatchObject({ ok: true });
    expect(inlineTeachersOf(specOf({}))).toEqual([]);
    const logistic = { ...trained, pipeline: 'logistic', teacher };
    for (const field of ['backbone', 'loss', 'training', 'image', 'regularization'] as const)
      delete logistic[field as never];
    expect(parseSpec(logistic)).toMatchObject({ ok: true });
  });

  it('that is trained first has no dataset, seeds or name of its own', () => {
    const teacher = { pipeline: 'transfer', backbone: { model: 'mobilenet_v2' } };
    expect(issuesOf({ teacher: { ...teacher, dataset: { name: 'mnist' } } })).toEqual([
      expect.stringMatching(/^teacher\.dataset unknown key/),
    ]);
    expect(issuesOf({ teacher: { ...teacher, backbone: { modle: 'resnet18' } } })).toContain(
      'teacher.backbone.modle unknown key; did you mean "model"?',
    );
    expect(issuesOf({ teacher: { pipeline: 'transfer' } })).toEqual([expect.stringMatching(/^teacher\.backbone/)]);
  });

  it('of which there is one are explained as before', () => {
    expect(issuesOf({ teacher: { pth: './a' } })).toEqual([expect.stringContaining('teacher')]);
    expect(issuesOf({ teacher: 'resnet20' })).toEqual([expect.stringMatching(/^teacher needs one of "run"/)]);
    expect(issuesOf({ teacher: { path: './a', weight: 2 } })).toEqual([
      expect.stringMatching(/^teacher\.weight unknown key/),
    ]);
  });
});
