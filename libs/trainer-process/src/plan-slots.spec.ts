import { describe, expect, it } from 'vitest';
import { planSlots, thisMachine } from './plan-slots.js';

const GiB = 2 ** 30;

describe('planSlots', () => {
  it.each([
    ['two cores with memory for both', 2, 8, { slots: 2, threads: 1 }],
    ['one core', 1, 64, { slots: 1, threads: 1 }],
    ['many cores and little memory: few trainers with more threads', 16, 8, { slots: 4, threads: 4 }],
    ['less memory than a trainer is expected to need', 4, 1, { slots: 1, threads: 4 }],
    ['a large machine', 64, 512, { slots: 8, threads: 8 }],
  ])('shares %s', (_, cores, memory, plan) => {
    expect(planSlots({ cores, memoryBytes: memory * GiB })).toEqual({ ...plan, gpus: [] });
  });

  it('keeps to what it is told, and fits the rest to that', () => {
    const machine = { cores: 8, memoryBytes: 64 * GiB };
    const plan = (wanted: { slots?: number; threads?: number }) => {
      const { slots, threads } = planSlots(machine, wanted);
      return { slots, threads };
    };
    expect(plan({ slots: 2 })).toEqual({ slots: 2, threads: 4 });
    expect(plan({ threads: 4 })).toEqual({ slots: 2, threads: 4 });
    expect(plan({ slots: 20 })).toEqual({ slots: 20, threads: 1 });
    expect(plan({ slots: 3, threads: 5 })).toEqual({ slots: 3, threads: 5 });
    expect(plan({ threads: 100 })).toEqual({ slots: 1, threads: 100 });
  });

  it('gives each GPU a trainer, with its share of the cores', () => {
    const machine = { cores: 16, memoryBytes: 64 * GiB, gpus: ['GPU-a', 'GPU-b'] };
    expect(planSlots(machine)).toEqual({ slots: 2, threads: 8, gpus: ['GPU-a', 'GPU-b'] });
    expect(planSlots({ ...machine, cores: 1 })).toEqual({ slots: 2, threads: 1, gpus: ['GPU-a', 'GPU-b'] });
  });

  it('shares GPUs in turn among more slots, and leaves some unused with fewer', () => {
    const machine = { cores: 8, memoryBytes: 64 * GiB, gpus: ['GPU-a', 'GPU-b'] };
    expect(planSlots(machine, { slots: 3 }).gpus).toEqual(['GPU-a', 'GPU-b', 'GPU-a']);
    expect(planSlots(machine, { slots: 1 }).gpus).toEqual(['GPU-a']);
  });

  it('gives the machine of this test at least one slot and one thread', () => {
    const { slots, threads } = planSlots(thisMachine());
    expect(Math.min(slots, threads)).toBeGreaterThanOrEqual(1);
  });
});
