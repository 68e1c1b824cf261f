import { describe, expect, it } from 'vitest';
import { gradualUnfreezing, phaseAt } from './unfreezing.js';

const stages = [
  { name: 'stem', parameters: ['stem'] },
  { name: 'body', parameters: ['body.0', 'body.1'] },
  { name: 'head', parameters: ['head'] },
];

describe('gradualUnfreezing', () => {
  it('begins with the head and thaws a stage after every so many epochs', () => {
    const groups = gradualUnfreezing(stages, 1.5, 10);
    expect(groups).toEqual([
      { parameters: ['head'], fromStep: 0 },
      { parameters: ['body.0', 'body.1'], fromStep: 15 },
      { parameters: ['stem'], fromStep: 30 },
    ]);
    expect(phaseAt(groups, 0)).toEqual({ groups: 1, endStep: 15 });
    expect(phaseAt(groups, 14)).toEqual({ groups: 1, endStep: 15 });
    expect(phaseAt(groups, 15)).toEqual({ groups: 2, endStep: 30 });
    expect(phaseAt(groups, 30)).toEqual({ groups: 3, endStep: Infinity });
  });

  it('passes over a phase that has no step', () => {
    const groups = gradualUnfreezing(stages, 0.01, 10);
    expect(phaseAt(groups, 0)).toEqual({ groups: 3, endStep: Infinity });
  });
});
