import type { Split } from '#datasets';

/** A split that knows how often it has been read. */
export interface CountedSplit extends Split {
  /** How often the most read of its images has been read: 0 before the split is opened, 1 after one pass over it. */
  reads(): number;
}

/** Counts reads where they happen, so that no report has to be believed about what it has looked at. */
export function countedSplit(split: Split): CountedSplit {
  const counts = new Uint32Array(split.length);
  return {
    ...split,
    read: (indices, out) => {
      for (let i = 0; i < indices.length; i++) counts[indices[i]]++;
      return split.read(indices, out);
    },
    reads: () => counts.reduce((most, count) => Math.max(most, count), 0),
  };
}
