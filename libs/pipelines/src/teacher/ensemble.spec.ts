import { describe, expect, it } from 'vitest';
import { golden } from '../../../../test/golden/distillation.js';
import { expectClose } from '../../../../test/golden/pipelines.js';
import { probabilitiesOf } from '../classifier/probabilities.js';
import { ensembleLogits } from './ensemble.js';

const { classes, ensemble } = golden.losses;
const [teacher, student] = [golden.losses.teacher, golden.losses.student].map((values) => Float32Array.from(values));
const { temperature, weights, softLabels } = ensemble;
const softened = (logits: Float32Array) =>
  probabilitiesOf(
    logits.map((z) => z / temperature),
    classes,
    'softmax',
  );

describe('ensembleLogits', () => {
  it("have PyTorch's weighted mean of the members' softened probabilities as their own", () => {
    const members = [
      { logits: teacher, weight: weights[0] },
      { logits: student, weight: weights[1] },
    ];
    expectClose(softened(ensembleLogits(members, classes, temperature)), softLabels);
  });

  it('take weights as parts of their sum', () => {
    const at = (weight: number) =>
      ensembleLogits(
        [
          { logits: teacher, weight: 3 * weight },
          { logits: student, weight },
        ],
        classes,
        temperature,
      );
    expectClose(at(7), at(0.25));
  });

  it('of one member are its own, whatever its weight', () => {
    expect(ensembleLogits([{ logits: teacher, weight: 5 }], classes, 4)).toBe(teacher);
  });

  it('of two members that say the same are what they say', () => {
    const same = { logits: teacher, weight: 1 };
    expectClose(softened(ensembleLogits([same, same], classes, temperature)), softened(teacher));
  });

  it('are finite where all members are as sure as a float32 can be', () => {
    const sure = { logits: Float32Array.of(1000, 0), weight: 1 };
    expect([...ensembleLogits([sure, sure], 2, 1)].every(Number.isFinite)).toBe(true);
  });

  it('refuse members that looked at different images', () => {
    const short = { logits: teacher.slice(classes), weight: 1 };
    expect(() => ensembleLogits([{ logits: teacher, weight: 1 }, short], classes, 4)).toThrow('logits');
  });
});
