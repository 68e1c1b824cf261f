import { describe, expect, it } from 'vitest';
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

function asPlanned(first: number[], units: number): { taken: number[][]; left: number[] } {
  const half = first.length / 2;
  const plan = planShuffles(first.length, units);
  const parts: number[][][] = Array.from({ length: units + 1 }, () => []);
  const hand = (made: number, channels: number[]) => {
    let at = 0;
    plan.outputs[made].sizes.forEach((size, index) => {
      parts[plan.outputs[made].takers[index]].push(channels.slice(at, (at += size)));
    });
  };
  const put = (arrived: number[], order: readonly number[]) => {
    const own = new Array<number>(order.length);
    order.forEach((to, from) => (own[to] = arrived[from]));
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
    },
  );

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
