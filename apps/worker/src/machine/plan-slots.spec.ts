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
    expect(planSlots({ cores, memoryBytes: memory * GiB })).toEqual(plan);
  });

  it('keeps to what it is told, and fits the rest to that', () => {
    const machine = { cores: 8, memoryBytes: 64 * GiB };
    expect(planSlots(machine, { slots: 2 })).toEqual({ slots: 2, threads: 4 });
    expect(planSlots(machine, { threads: 4 })).toEqual({ slots: 2, threads: 4 });
    expect(planSlots(machine, { slots: 20 })).toEqual({ slots: 20, threads: 1 });
    expect(planSlots(machine, { slots: 3, threads: 5 })).toEqual({ slots: 3, threads: 5 });
    expect(planSlots(machine, { threads: 100 })).toEqual({ slots: 1, threads: 100 });
  });

  it('gives the machine of this test at least one slot and one thread', () => {
    const { slots, threads } = planSlots(thisMachine());
    expect(Math.min(slots, threads)).toBeGreaterThanOrEqual(1);
  });
});
