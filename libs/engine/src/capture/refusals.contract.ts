import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, Engine, Tensor, Variable } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { Program, ProgramFunction } from '../program.js';
import { CaptureError } from './capture-error.js';
import { createProgram } from './create-program.js';

type Run = (x: Tensor) => Record<string, Tensor>;
/** `did` and `remedy` are parts of the message. */
type Refused = [what: string, run: Run, did: string, remedy: string];

/** What no backend lets a captured function do, x being `[2]`: docs/engine.md has the list. */
export function refusalsContract(backend: Backend): void {
  let engine: Engine;
  let tf: Engine['tf'];
  /** Another program, which counts its calls in its state. */
  let other: Program;
  let stray: Variable;
  beforeAll(async () => {
    engine = await loadEngine({ backend });
    ({ tf } = engine);
    stray = tf.variable(tf.scalar(2), false, 'stray');
    const calls = tf.variable(tf.scalar(0), false);
    other = createProgram(engine, {
      state: { calls },
      functions: {
        count: {
          inputs: { x: { shape: [2] } },
          run: ({ x }) => {
            calls.assign(calls.add(1));
            return { y: x!.add(calls) };
          },
        },
      },
    });
  });
  afterAll(() => other.dispose());

  const createBad = (run: ProgramFunction['run'], state: Readonly<Record<string, Variable>> = {}) =>
    createProgram(engine, { state, functions: { bad: { inputs: { x: { shape: [2] } }, run } } });

  function expectRefused(run: ProgramFunction['run'], did: string, remedy: string): void {
    const state = { w: tf.variable(tf.scalar(5)) };
    const before = tf.memory().numTensors;
    const random = Math.random;
    const create = () => createBad(run, state);
    expect(create).toThrow(CaptureError);
    expect(create).toThrow(`The captured function "bad" ${did}`);
    expect(create).toThrow(remedy);
    expect(tf.memory().numTensors).toBe(before);
    expect([stray, state.w].map((variable) => variable.dataSync()[0])).toEqual([2, 5]);
    expect(Math.random).toBe(random);
    expect(tf.randomUniform([3]).dataSync()).toHaveLength(3);
    state.w.dispose();
  }

  const boxes = (x: Tensor) => x.tile([4]).reshape([2, 4]) as Tensor2D;
  const scores = (x: Tensor) => x as Tensor1D;

  describe('a captured function', () => {
    const reads = 'reads the value of a tensor';
    const output = 'return the tensor as an output, or compute with tensors (tf.where)';
    const random = (op: string, draw: Run, kernel = 'randomUniform(shape, seed, step, stream)'): Refused => [
      op,
      draw,
      `calls ${op}`,
      `use engine.kernels.${kernel}, with the step as an input`,
    ];
    const inState = 'add it to the state';
    const refused: Refused[] = [
      ['dataSync', (x) => ({ y: tf.scalar(x.dataSync()[0]!) }), reads, output],
      ['arraySync', (x) => ({ y: tf.scalar((x.arraySync() as number[])[0]!) }), reads, output],
      ['data', (x) => (void x.data(), { y: x }), reads, output],
      ['array', (x) => (void x.array(), { y: x }), reads, output],
      ['print', (x) => (x.print(), { y: x }), reads, output],
      ['a shape from a value', (x) => ({ y: tf.zeros([x.sum().dataSync()[0]!]) }), reads, output],
      [
        'the value of random numbers',
        (x) => ({ y: x.mul(engine.kernels.randomUniform([2], 7, x.sum().toInt(), 0).dataSync()[0]!) }),
        reads,
        output,
      ],
      ['tf.whereAsync', (x) => (void tf.whereAsync(x.greater(0)), { y: x }), reads, output],
      ['tf.booleanMaskAsync', (x) => (void tf.booleanMaskAsync(x, x.greater(0)), { y: x }), reads, output],
      ['tf.setdiff1dAsync', (x) => (void tf.setdiff1dAsync(x, x), { y: x }), reads, output],
      [
        'tf.image.nonMaxSuppressionAsync',
        (x) => (void tf.image.nonMaxSuppressionAsync(boxes(x), scores(x), 2), { y: x }),
        reads,
        output,
      ],
      [
        'tf.image.nonMaxSuppressionWithScoreAsync',
        (x) => (void tf.image.nonMaxSuppressionWithScoreAsync(boxes(x), scores(x), 2), { y: x }),
        reads,
        output,
      ],
      [
        'tf.image.nonMaxSuppressionPaddedAsync',
        (x) => (void tf.image.nonMaxSuppressionPaddedAsync(boxes(x), scores(x), 2), { y: x }),
        reads,
        output,
      ],
      [
        'tf.gather with computed indices',
        (x) => ({ y: tf.gather(tf.ones([3]), x.toInt()) }),
        'calls tf.gather with computed indices',
        'use tf.gatherND, or multiply by tf.oneHot(indices, depth)',
      ],
      random('tf.dropout', (x) => ({ y: tf.dropout(x, 0.5) }), 'dropout(x, rate, seed, step, stream)'),
      random('tf.multinomial', (x) => ({ y: tf.multinomial(scores(x), 3) })),
      random('tf.rand', (x) => ({ y: x.add(tf.rand([2], () => 0.5)) })),
      random('tf.randomGamma', (x) => ({ y: x.add(tf.randomGamma([2], 1)) })),
      random('tf.randomNormal', (x) => ({ y: x.add(tf.randomNormal([2])) })),
      random('tf.randomStandardNormal', (x) => ({ y: x.add(tf.randomStandardNormal([2])) })),
      random('tf.randomUniform', (x) => ({ y: x.add(tf.randomUniform([2])) })),
      random('tf.randomUniformInt', (x) => ({ y: x.add(tf.randomUniformInt([2], 0, 5)) })),
      random('tf.truncatedNormal', (x) => ({ y: x.add(tf.truncatedNormal([2])) })),
      random('Math.random', (x) => ({ y: x.mul(Math.random()) })),
      ['a variable that is no state', (x) => ({ y: x.mul(stray) }), 'reads the variable "stray"', inState],
      ['returning one', () => ({ y: stray }), 'returns the variable "stray"', inState],
      ['assigning to one', (x) => (stray.assign(x.sum()), { y: x }), 'assigns to the variable "stray"', inState],
      [
        'creating one',
        (x) => ({ y: x.add(tf.variable(tf.scalar(1))) }),
        'creates the variable "',
        'create it before, and add it to the state',
      ],
      ['an output that is no tensor', () => ({ y: 3 as never }), 'returns no live tensor as "y"', 'tf.scalar'],
      ['an output that is gone', (x) => (x.dispose(), { y: x }), 'returns no live tensor as "y"', 'not disposed of'],
      ['no outputs', () => 3 as never, 'returns no object of tensors', 'return one, such as { loss }, or {}'],
      [
        'another program',
        (x) => other.call('count', { x }),
        'calls the function "count" of a program',
        'call it before and pass its outputs as inputs, or make it a plain function',
      ],
      ["another program's pull", (x) => (other.pull(), { y: x }), 'pulls the state of', 'do it between the calls'],
      ["another program's push", (x) => (other.push(), { y: x }), 'pushes the state of', 'do it between the calls'],
      [
        'creating a program',
        (x) => (createProgram(engine, { state: {}, functions: {} }), { y: x }),
        'creates a program',
        'create it before',
      ],
    ];

    it.each(refused)('is refused %s, and leaves everything as it was', (_, run, did, remedy) =>
      expectRefused(({ x }) => run(x!), did, remedy),
    );

    it('is refused to be asynchronous', () => {
      const later = (async ({ x }: Record<string, Tensor>) => ({ y: x! })) as unknown as ProgramFunction['run'];
      const promise = (({ x }: Record<string, Tensor>) =>
        Promise.resolve({ y: x! })) as unknown as ProgramFunction['run'];
      const remedy = 'wait before it is called, and pass the result as an input';
      for (const run of [later, promise]) expectRefused(run, 'is asynchronous', remedy);
    });

    it('stays refused where it catches the error', () => {
      const run: Run = (x) => {
        try {
          return other.call('count', { x });
        } catch {
          return { y: x };
        }
      };
      expectRefused(({ x }) => run(x!), 'calls the function "count" of a program', 'call it before');
    });

    it('changes nothing of a program that it is refused to call', () => {
      const counted = () => {
        const { y } = tf.tidy(() => other.call('count', { x: tf.zeros([2]) }));
        return y!.dataSync()[0]!;
      };
      const before = counted();
      expect(() => createBad(({ x }) => other.call('count', { x: x! }))).toThrow(CaptureError);
      expect(counted()).toBe(before + 1);
    });

    it('is refused to call its own program, when a size is new', () => {
      const own: Program = createProgram(engine, {
        state: {},
        functions: {
          double: { inputs: { x: { shape: [2] } }, run: ({ x }) => ({ y: x!.mul(2) }) },
          bad: { inputs: { x: { shape: [null] } }, run: ({ x }) => own.call('double', { x: x! }) },
        },
      });
      expect(() => own.call('bad', { x: tf.zeros([2]) })).toThrow(
        'The captured function "bad" calls the function "double" of a program',
      );
      expect(tf.tidy(() => Array.from(own.call('double', { x: tf.ones([2]) }).y!.dataSync()))).toEqual([2, 2]);
      own.dispose();
    });

    // A backend without graphs calls the function anew each time, so it may do as it likes.
    const refusesChange = (): void => {
      let calls = 0;
      const create = (run: ProgramFunction['run']) => () => createBad(run);
      const branch = create(({ x }) => ({ y: calls++ % 2 === 0 ? tf.relu(x!) : tf.exp(x!) }));
      expect(branch).toThrow(CaptureError);
      expect(branch).toThrow('"bad" does not do the same at every call');
      expect(branch).toThrow(/operation 1 is (Relu|Exp) \[2\] in one call and (Relu|Exp) \[2\] in the next/);
      expect(branch).toThrow('Make what changes an input, or two functions of the two ways');
      const counter = create(({ x }) => ({ y: x!.mul(tf.scalar(calls++)) }));
      expect(counter).toThrow(/the constant \[\] \d+ in one call and the constant \[\] \d+ in the next/);
      const growing = create(({ x }) => ({ y: Array.from({ length: ++calls }).reduce<Tensor>((y) => y.add(1), x!) }));
      expect(growing).toThrow('the end in one call');
    };
    if (backend === 'tensorflow') it('is refused not to do the same at every call', refusesChange);
  });

  describe('a result whose size depends on values', () => {
    const integers = (x: Tensor) => x.toInt() as Tensor1D;
    const sized: [kernel: string, op: string, use: (x: Tensor) => Tensor][] = [
      ['Unique', 'tf.unique', (x) => tf.unique(x).values],
      ['NonMaxSuppressionV3', 'tf.image.nonMaxSuppression', (x) => tf.image.nonMaxSuppression(boxes(x), scores(x), 2)],
      [
        'NonMaxSuppressionV4',
        'tf.image.nonMaxSuppressionPadded',
        (x) => tf.image.nonMaxSuppressionPadded(boxes(x), scores(x), 2).selectedIndices!,
      ],
      [
        'NonMaxSuppressionV5',
        'tf.image.nonMaxSuppressionWithScore',
        (x) => tf.image.nonMaxSuppressionWithScore(boxes(x), scores(x), 2).selectedIndices!,
      ],
      [
        'RaggedGather',
        'tf.raggedGather',
        (x) => tf.raggedGather([tf.tensor1d([0, 1, 2], 'int32')], x, integers(x), 1).outputDenseValues,
      ],
      ['RaggedRange', 'tf.raggedRange', (x) => tf.raggedRange(x, x.add(1), tf.ones([2])).rtDenseValues!],
      [
        'RaggedTensorToTensor',
        'tf.raggedTensorToTensor',
        (x) => tf.raggedTensorToTensor(integers(x), [1, 2], 0, [tf.tensor1d([0, 1, 2], 'int32')], ['ROW_SPLITS']),
      ],
      [
        'SparseFillEmptyRows',
        'tf.sparse.sparseFillEmptyRows',
        (x) => tf.sparse.sparseFillEmptyRows(x.toInt().reshape([1, 2]) as Tensor2D, [1], [2, 2], 0).outputValues!,
      ],
      ['SparseSegmentMean', 'tf.sparse.sparseSegmentMean', (x) => tf.sparse.sparseSegmentMean(x, [0, 1], integers(x))],
      ['SparseSegmentSum', 'tf.sparse.sparseSegmentSum', (x) => tf.sparse.sparseSegmentSum(x, [0, 1], integers(x))],
      [
        'StringNGrams',
        'tf.string.stringNGrams',
        (x) => tf.string.stringNGrams(['a', 'b'], integers(x), '|', [1], '', '', 0, false).nGrams!,
      ],
    ];
    const words = (x: Tensor) => tf.gatherND(tf.tensor1d(['a b', 'c']), x.toInt().expandDims(1)) as Tensor1D;
    // Which text it is can depend on a number there only.
    if (backend === 'cpu') {
      sized.push(['StringSplit', 'tf.string.stringSplit', (x) => tf.string.stringSplit(words(x), ' ').values!]);
    }

    it.for(sized)('is refused where they are computed: %s', ([kernel, op, use], { skip }) => {
      skip(tf.getKernel(kernel, tf.getBackend()) === undefined, 'this backend has no such kernel');
      expectRefused(({ x }) => ({ y: use(x!) }), `calls ${op} on computed values`, 'keep to a fixed size');
    });

    it('may be had of constants', () => {
      const program = createProgram(engine, {
        state: {},
        functions: {
          shift: {
            inputs: { x: { shape: [2] } },
            run: ({ x }) => ({ y: x!.add(tf.unique(tf.tensor1d([7, 5, 7])).values) }),
          },
        },
      });
      const { y } = program.call('shift', { x: tf.tensor1d([1, 2]) });
      expect(Array.from(y!.dataSync())).toEqual([8, 7]);
      program.dispose();
    });

    it('may be had where it is padded to a fixed size: boxes', () => {
      const program = createProgram(engine, {
        state: {},
        functions: {
          choose: {
            inputs: { boxes: { shape: [3, 4] }, scores: { shape: [3] } },
            run: ({ boxes, scores }) =>
              tf.image.nonMaxSuppressionPadded(boxes as Tensor2D, scores as Tensor1D, 3, 0.5, 0.1, true),
          },
        },
      });
      // The first two overlap by more than half, and the second is the better one.
      const given = {
        boxes: tf.tensor2d([
          [0, 0, 1, 1],
          [0, 0, 1, 0.9],
          [2, 2, 3, 3],
        ]),
        scores: tf.tensor1d([0.5, 0.9, 0.8]),
      };
      const { selectedIndices, validOutputs } = program.call('choose', given);
      expect(Array.from(selectedIndices!.dataSync())).toEqual([1, 2, 0]);
      expect(validOutputs!.dataSync()[0]).toBe(2);
      program.dispose();
    });
  });

  it('a program has each variable under one name', () => {
    const variable = tf.variable(tf.scalar(1));
    expect(() => createProgram(engine, { state: { a: variable, b: variable }, functions: {} })).toThrow(
      '"a" and "b" are one variable: give it one name',
    );
  });
}
