import { describe, expect, it } from 'vitest';
import { betterEpoch, checkHasValidation, isPatienceOver } from './best-epoch.js';

const at = (epoch: number, top1: number, loss: number) => ({ epoch, score: { top1, loss } });

describe('the best epoch', () => {
  it('is that of the highest top-1, of equals that of the lowest loss, of equals the earliest', () => {
    expect(betterEpoch(undefined, at(1, 0.1, 2)).epoch).toBe(1);
    expect(betterEpoch(at(1, 0.1, 2), at(2, 0.2, 3)).epoch).toBe(2);
    expect(betterEpoch(at(1, 0.1, 2), at(2, 0.1, 1.9)).epoch).toBe(2);
    expect(betterEpoch(at(1, 0.1, 2), at(2, 0.1, 2)).epoch).toBe(1);
    expect(betterEpoch(at(1, 0.1, 2), at(2, 0.09, 0.1)).epoch).toBe(1);
    expect(betterEpoch(at(1, 0.1, 2), at(2, NaN, NaN)).epoch).toBe(1);
  });

  it('ends a training that has waited long enough for a better one', () => {
    const patience = { keep: 'last', patience: 2 } as const;
    expect(isPatienceOver(patience, at(3, 0.5, 1), 4)).toBe(false);
    expect(isPatienceOver(patience, at(3, 0.5, 1), 5)).toBe(true);
    expect(isPatienceOver(patience, undefined, 5)).toBe(false);
    expect(isPatienceOver({ keep: 'best' }, at(1, 0.5, 1), 100)).toBe(false);
  });

  it.each([
    [{ keep: 'best' }, 'training.keep'],
    [{ keep: 'last', patience: 3 }, 'training.patience'],
    [{ keep: 'best', patience: 3 }, 'training.patience'],
  ] as const)('cannot be told without validation images: %o', (choice, field) => {
    expect(() => checkHasValidation(choice, 0)).toThrow(expect.objectContaining({ name: 'UserError', field }));
    expect(() => checkHasValidation(choice, 1)).not.toThrow();
    expect(() => checkHasValidation({ keep: 'last' }, 0)).not.toThrow();
  });
});
