import { describe, expect, it } from 'vitest';
import { PADDING } from '../reorder.js';
import { planShuffles } from './channel-shuffle.js';

/** One number per channel stands for the channel. A branch makes new ones of what it gets, in its own order. */
function make(taken: number[]): number[] {
  return taken.map((channel, index) => channel * 31 + index);
}

/** torchvision's: view as [2, channels / 2], transpose, flatten. */
function shuffle(channels: number[]): number[] {
  const half = channels.length / 2;
  return channels.map((_, index) => channels[(index % 2) * half + Math.floor(index / 2)]);
}

function plainly(first: number[], units: number): { taken: number[][]; left: number[] } {
  const half = first.length / 2;
  let channels = shuffle(first);
  const taken: number[][] = [];
  for (let unit = 1; unit < units; unit++) {
    taken.push(channels.slice(half));
    channels = shuffle([...channels.slice(0, half), ...make(channels.slice(half))]);
  }
  return { taken, left: channels };
}

function asPlanned(first: number[], units: number, padding = 0): { taken: number[][]; left: number[] } {
  const half = first.length / 2;
  const plan = planShuffles(first.length, units, half + padding);
  const zeros = new Array<number>(padding).fill(0);
  const parts: number[][][] = Array.from({ length: units + 1 }, () => []);
  const hand = (made: number, outputs: number[]) => {
    const channels = [...outputs, ...zeros];
    let at = 0;
    plan.outputs[made].sizes.forEach((size, index) => {
      parts[plan.outputs[made].takers[index]].push(channels.slice(at, (at += size)));
    });
  };
  const put = (arrived: number[], order: readonly number[]) => {
    const own: number[] = [];
    expect(arrived).toHaveLength(order.length);
    order.forEach((to, from) => {
      if (to === PADDING) expect(arrived[from]).toBe(0);
      else own[to] = arrived[from];
    });
    return own;
  };
  hand(0, first.slice(0, half));
  hand(1, first.slice(half));
  const taken: number[][] = [];
  for (let unit = 1; unit < units; unit++) {
    taken.push(put(parts[unit].flat(), plan.orders[unit]));
    hand(unit + 1, make(taken.at(-1)!));
  }
  return { taken, left: put(parts[units].flat(), plan.orders[units]) };
}

describe('planShuffles', () => {
  it.each([
    [116, 4],
    [232, 8],
    [464, 4],
    [6, 5],
    [2, 3],
    [48, 1],
  ])(
    'hands every unit, and what follows, the channels that a plain shuffle would: %i channels, %i units',
    (n, units) => {
      const first = Array.from({ length: n }, (_, index) => index + 1);
      expect(asPlanned(first, units)).toEqual(plainly(first, units));
      expect(asPlanned(first, units, 6)).toEqual(plainly(first, units));
    },
  );

  it('lets no padding out of the stage', () => {
    const { outputs, orders } = planShuffles(116, 4, 64);
    expect(outputs[4]).toEqual({ sizes: [58], takers: [4] });
    expect(orders[4]).toHaveLength(116);
    expect(orders[4]).not.toContain(PADDING);
    expect(orders[1].filter((channel) => channel === PADDING)).toHaveLength(12);
    expect(orders[2].filter((channel) => channel === PADDING)).toHaveLength(6);
  });

  it('cuts each output into at most one part for each unit that follows, and one for what comes after', () => {
    const { outputs } = planShuffles(232, 8);
    expect(outputs[2].takers).toEqual([8, 7, 6, 5, 4, 3, 2]);
    expect(outputs[2].sizes).toEqual([2, 2, 3, 7, 15, 29, 58]);
    for (const { sizes, takers } of outputs) {
      expect(new Set(takers).size).toBe(takers.length);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(116);
    }
  });
});
