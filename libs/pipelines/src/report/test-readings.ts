import type { Report } from '#contracts';
import type { CountedSplit } from './counted-split.js';

/**
 * Called when the model is finished: what was read of the test images until then is early.
 * @param tests the test images in all the ways in which somebody sees them
 * @returns what a report says of who has read them, up to the time that it is asked
 */
export function testReadings(
  tests: readonly CountedSplit[],
): () => Required<Pick<Report, 'testReads' | 'testReaders'>> {
  const early = readsOf(tests);
  return () => {
    const testReaders = [...readsOf(tests)].map(([reader, reads]) => ({
      reader,
      reads,
      early: early.get(reader) ?? 0,
    }));
    return { testReads: Math.max(...testReaders.map(({ reads }) => reads)), testReaders };
  };
}

function readsOf(tests: readonly CountedSplit[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [reader, reads] of tests.flatMap((test) => [...test.reads()])) {
    sums.set(reader, (sums.get(reader) ?? 0) + reads);
  }
  return sums;
}
