import { describe, expect, it } from 'vitest';
import type { OutputEntry, OutputStore } from '#teacher-outputs';
import { ToldWaits } from './told-waits.js';

const entry: OutputEntry = {
  address: 'a'.repeat(64),
  type: 'float16',
  about: { network: 'resnet18', output: 'logits', width: 2, images: '32 px, squash', engine: 'tensorflow 2.21.0' },
};
const signal = new AbortController().signal;

/** @param holders who has the lease, one after the other, before the work is done */
function told(holders: (string | undefined)[]) {
  const said: string[] = [];
  const store: OutputStore = {
    read: async () => [],
    add: () => Promise.reject(new Error('nothing is added')),
    exclusively: async (_, work, { onWait }) => {
      for (const holder of holders) onWait?.(holder);
      return work();
    },
  };
  const waits = new ToldWaits(store, {
    log: (_, message) => said.push(message.replace(/[\d.]+ s/, 'SECONDS')),
    metrics: (step, values) => said.push(`${step} ${Object.keys(values).join()}`),
    waitFor: (what) => said.push(what ?? 'nothing'),
  });
  return { waits, said };
}

describe('ToldWaits', () => {
  it('says who is waited for, and when it is over how long it took, before the work begins', async () => {
    const { waits, said } = told([undefined, 'run 1 on there']);
    const heard: (string | undefined)[] = [];
    const onWait = (holder?: string) => heard.push(holder);
    await waits.exclusively(entry, async () => said.push('work'), { signal, onWait });
    expect(said).toEqual([
      'teacher: waiting for another run of this machine',
      'teacher: waiting for run 1 on there',
      'nothing',
      'Waited SECONDS for what the teacher says',
      '0 teacher.waitedSeconds',
      'work',
    ]);
    expect(heard).toEqual([undefined, 'run 1 on there']);
  });

  it('says nothing where nobody is waited for', async () => {
    const { waits, said } = told([]);
    expect(await waits.exclusively(entry, async () => 5, { signal })).toBe(5);
    expect(said).toEqual([]);
  });

  it('says that it is over where the wait fails', async () => {
    const { waits, said } = told(['run 1 on there']);
    const failing = waits.exclusively(entry, () => Promise.reject(new Error('cancelled')), { signal });
    await expect(failing).rejects.toThrow('cancelled');
    expect(said).toContain('nothing');
  });
});
