import { describe, expect, it } from 'vitest';
import { parseSpec, parseSpecText } from './parse-spec.js';

const transfer = { name: 'a', pipeline: 'transfer', dataset: { name: 'cifar10' }, backbone: { model: 'mobilenet_v2' } };

describe('parseSpec', () => {
  it('fills in every default', () => {
    const parsed = parseSpec(transfer);
    expect(parsed).toMatchObject({
      ok: true,
      spec: {
        project: 'default',
        seeds: [0],
        image: { size: 224 },
        training: { optimizer: { learningRate: 0.001, momentum: 0.9 } },
      },
    });
  });

  it('names the nearest legal key of an unknown one, however deep', () => {
    const parsed = parseSpec({ ...transfer, sedes: [1], training: { optimizer: { learningrate: 1 } } });
    expect(parsed).toEqual({
      ok: false,
      issues: [
        { path: 'training.optimizer.learningrate', message: 'unknown key; did you mean "learningRate"?' },
        { path: 'sedes', message: 'unknown key; did you mean "seeds"?' },
      ],
    });
  });

  it('names the nearest legal key within a union', () => {
    const parsed = parseSpec({ ...transfer, dataset: { name: 'cifar10', trian: 5 } });
    expect(parsed).toMatchObject({
      ok: false,
      issues: [{ path: 'dataset.trian', message: 'unknown key; did you mean "train"?' }],
    });
  });

  it('lists all wrong types at once', () => {
    const parsed = parseSpec({ ...transfer, name: 3, seeds: 'x', training: { epochs: 'many', batchSize: -1 } });
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? [] : parsed.issues.map((issue) => issue.path)).toEqual([
      'name',
      'training.epochs',
      'training.batchSize',
      'seeds',
    ]);
  });

  it('says which fields are missing', () => {
    const parsed = parseSpec({ pipeline: 'transfer' });
    expect(parsed.ok ? [] : parsed.issues.map((issue) => `${issue.path} ${issue.message}`)).toEqual(
      expect.arrayContaining(['name is missing: expected string', 'backbone is missing: expected object']),
    );
  });

  it('suggests the nearest pipeline, model and dataset', () => {
    const parsed = parseSpec({ ...transfer, dataset: { name: 'cifar-10' }, backbone: { model: 'mobilenetv2' } });
    const text = parsed.ok ? '' : parsed.issues.map((issue) => `${issue.path}: ${issue.message}`).join('\n');
    expect(text).toContain('did you mean "cifar10"?');
    expect(text).toContain('did you mean "mobilenet_v2"?');
  });

  it('suggests the nearest of the values that choose among alternatives', () => {
    const messages = (fields: object) => {
      const parsed = parseSpec({ ...transfer, ...fields });
      return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path} ${message}`);
    };
    expect(messages({ pipeline: 'transfr' })).toEqual([
      'pipeline must be one of transfer, distillation, logistic; did you mean "transfer"?',
    ]);
    expect(messages({ training: { optimizer: { kind: 'adam' } } })).toEqual([
      'training.optimizer.kind must be one of sgd, adamw, lars; did you mean "adamw"?',
    ]);
    expect(messages({ training: { schedule: { kind: 'steps' } } })).toEqual([
      'training.schedule.kind must be one of cosine, constant, linear, step; did you mean "step"?',
    ]);
  });

  it('checks every matrix point against the schema', () => {
    const parsed = parseSpec({ ...transfer, matrix: { 'training.epochs': [1, 'two'], 'training.epoch': [1] } });
    expect(parsed.ok).toBe(false);
    const paths = parsed.ok ? [] : parsed.issues.map((issue) => issue.path);
    expect(paths).toContain('matrix.training.epochs');
    expect(paths).toContain('matrix.training.epoch');
  });

  it('refuses a matrix path that would reach a prototype', () => {
    const parsed = parseSpec({
      ...transfer,
      matrix: { '__proto__.polluted': [1], 'constructor.prototype.polluted': [1] },
    });
    expect(parsed.ok).toBe(false);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('parseSpecText', () => {
  it('places each issue at its line and column', () => {
    const parsed = parseSpecText(
      'name: a\npipeline: transfer\ndataset: { name: cifar10 }\nbackbone:\n  model: mobilenet_v2\n  frozen: true\n',
    );
    expect(parsed).toMatchObject({ ok: false, issues: [{ path: 'backbone.frozen', line: 6, column: 3 }] });
  });

  it('places a syntax error', () => {
    expect(parseSpecText('name: [a\n')).toMatchObject({ ok: false, issues: [{ line: 2 }] });
  });

  it('refuses a spec of 2 MB before it parses it', () => {
    const parsed = parseSpecText(`name: ${'a'.repeat(2 * 1024 * 1024)}`);
    expect(parsed.ok ? '' : parsed.issues[0].message).toMatch(/at most 65536/);
  });

  it('measures the size in bytes, and accepts one of the limit', () => {
    const padding = (bytes: number) => `# ${'é'.repeat((bytes - 2) / 2)}`;
    const message = (text: string) => {
      const parsed = parseSpecText(text);
      return parsed.ok ? '' : parsed.issues[0].message;
    };
    expect(message(padding(64 * 1024))).toMatch(/^a spec is an object/);
    expect(message(padding(64 * 1024 + 2))).toMatch(/^the spec is 65538 bytes long; at most 65536/);
  });

  const whole = 'name: a\npipeline: transfer\ndataset: { name: cifar10 }\nbackbone: { model: mobilenet_v2 }\n';
  it.each([
    ['nothing', '', '', /a spec is an object with "name", "pipeline" and "dataset"/],
    ['a list', '- name: a\n', '', /a spec is an object/],
    ['a word', 'hello', '', /a spec is an object/],
    ['two documents', `${whole}---\n${whole}`, '', /multiple documents/],
    ['a key twice', `${whole}name: b\n`, '', /keys must be unique/],
    ['an alias of nothing', 'name: *b\n', '', /Unresolved alias/],
    ['a merge key', `${whole}<<: { seeds: [1] }\n`, '<<', /unknown key/],
    ['a type of another language', `${whole}seeds: !!js/function "() => 1"\n`, 'seeds', /expected array/],
    ['a number that is none', `${whole}training: { epochs: .nan }\n`, 'training.epochs', /received NaN/],
    ['a number without end', `${whole}regularization: { lambda: .inf }\n`, 'regularization.lambda', /Infinity/],
    ['a list without end', `name: ${'['.repeat(20_000)}`, '', /nested too deeply/],
    ['a key of every prototype', `${whole}__proto__: { polluted: 1 }\n`, '__proto__', /unknown key/],
    [
      'such a key in a field',
      `${whole}training: { __proto__: { polluted: 1 } }\n`,
      'training.__proto__',
      /unknown key/,
    ],
    ['such a key in the matrix', `${whole}matrix: { __proto__: [1] }\n`, 'matrix.__proto__', /unknown key/],
    [
      'a path to a constructor',
      `${whole}matrix: { constructor.prototype.polluted: [1] }\n`,
      /^matrix\.con/,
      /unknown key/,
    ],
    [
      'a matrix in a matrix',
      `${whole}matrix: { matrix: [{ seeds: [[1]] }, 3] }\n`,
      'matrix.matrix',
      /is no field of a run/,
    ],
    ['an empty path', `${whole}matrix: { '': [1] }\n`, 'matrix.', /unknown key/],
  ] as const)('refuses %s, at a line, and pollutes no prototype', (_, text, path, message) => {
    const parsed = parseSpecText(text);
    const issues = parsed.ok ? [] : parsed.issues;
    const expectedPath = typeof path === 'string' ? path : expect.stringMatching(path);
    expect(issues).toContainEqual({
      path: expectedPath,
      message: expect.stringMatching(message),
      line: expect.any(Number),
      column: expect.any(Number),
    });
    expect(issues.length).toBeLessThanOrEqual(20);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('refuses an alias bomb', () => {
    let text = 'a0: &a0 [x,x,x,x,x,x,x,x,x]\n';
    for (let i = 1; i < 9; i++)
      text += `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(',')}]\n`;
    const parsed = parseSpecText(text);
    expect(parsed.ok).toBe(false);
  });
});
