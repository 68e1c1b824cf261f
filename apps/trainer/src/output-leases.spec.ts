import { describe, expect, it } from 'vitest';
import type { OutputLeaseAnswer, TrainerEvent } from '#contracts';
import { OutputLeases, type OutputLeasesOptions } from './output-leases.js';

const address = 'a'.repeat(64);
const holder = (runId: string) => ({ runId, worker: 'there' });
type Answer = Pick<OutputLeaseAnswer, 'state'> & Partial<OutputLeaseAnswer>;

/** A worker that gives these answers, one after the other, and the last one for good; `undefined`: none. */
function workerOf(answers: (Answer | undefined)[], options: OutputLeasesOptions = {}) {
  const events: TrainerEvent[] = [];
  const warnings: string[] = [];
  const waits: (string | undefined)[] = [];
  const leases: OutputLeases = new OutputLeases(
    {
      post: (event) => {
        events.push(event);
        if (event.type !== 'output-lease') return;
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (answer === undefined) return;
        queueMicrotask(() => leases.receive({ type: 'output-lease', request: event.request, brought: 0, ...answer }));
      },
    },
    { askEveryMs: 1, ...options },
  );
  const run = <T>(work: () => Promise<T>, more: { signal?: AbortSignal; satisfied?(): Promise<boolean> } = {}) =>
    leases.exclusively(
      address,
      work,
      { signal: new AbortController().signal, onWait: (who) => waits.push(who), ...more },
      (message) => warnings.push(message),
    );
  const asked = () => events.filter(({ type }) => type === 'output-lease').length;
  const released = () => events.filter(({ type }) => type === 'output-release').length;
  return { leases, run, events, warnings, waits, asked, released };
}

describe('OutputLeases', () => {
  it('does the work under the lease and gives it back, also where the work fails', async () => {
    const { run, events, waits } = workerOf([{ state: 'held' }]);
    expect(await run(async () => 5)).toBe(5);
    await expect(run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(events).toEqual([
      { type: 'output-lease', request: 0, address },
      { type: 'output-release', address },
      { type: 'output-lease', request: 1, address },
      { type: 'output-release', address },
    ]);
    expect(waits).toEqual([]);
  });

  it('waits while others have it, and says who', async () => {
    const elsewhere = (run: string): Answer => ({ state: 'elsewhere', holder: holder(run) });
    const { run, waits, asked } = workerOf([elsewhere('1'), elsewhere('1'), elsewhere('2'), { state: 'held' }]);
    expect(await run(async () => 5)).toBe(5);
    expect(waits).toEqual(['run 1 on there', 'run 2 on there']);
    expect(asked()).toBe(4);
  });

  it('waits no longer than for the rows that are wanted', async () => {
    const { run, released } = workerOf([{ state: 'elsewhere', holder: holder('1'), brought: 1 }]);
    let looks = 0;
    expect(await run(async () => 5, { satisfied: async () => ++looks === 2 })).toBeUndefined();
    expect(released()).toBe(0);
  });

  it.each<[string, Answer | undefined, RegExp | undefined]>([
    ['nobody can be asked', { state: 'unavailable' }, undefined],
    ['the worker says nothing', undefined, /does not say/],
    ['the holder gets nowhere', { state: 'elsewhere', holder: holder('1') }, /run 1 on there has added nothing/],
  ])('does the work all the same where %s', async (_, answer, warned) => {
    const { run, warnings, released } = workerOf([answer], { answerWithinMs: 20, patienceMs: 20 });
    expect(await run(async () => 5)).toBe(5);
    expect(warnings).toEqual(warned === undefined ? [] : [expect.stringMatching(warned)]);
    expect(released()).toBe(0);
  });

  it('is patient with a holder that adds rows', async () => {
    let asks = 0;
    const { run, warnings } = workerOf([{ state: 'elsewhere', holder: holder('1'), brought: 1 }], { patienceMs: 0 });
    const satisfied = async () => ++asks === 10;
    expect(await run(async () => 5, { satisfied })).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('ends a wait at once when the run is cancelled, for an answer and for the lease', async () => {
    for (const answers of [[undefined], [{ state: 'elsewhere', holder: holder('1') } as const]]) {
      const stop = new AbortController();
      const { run, waits } = workerOf(answers, { askEveryMs: 3_600_000 });
      const waiting = run(async () => 5, { signal: stop.signal });
      await expect.poll(() => answers[0] === undefined || waits.length > 0).toBe(true);
      stop.abort(new Error('cancelled'));
      await expect(waiting).rejects.toThrow();
    }
  });

  it('gives back a lease that it got when it no longer waited for it', async () => {
    const { leases, run, released } = workerOf([undefined], { answerWithinMs: 1 });
    await run(async () => 5);
    leases.receive({ type: 'output-lease', request: 0, state: 'held', brought: 0 });
    leases.receive({ type: 'output-lease', request: 0, state: 'held', brought: 0 });
    expect(released()).toBe(1);
  });
});
