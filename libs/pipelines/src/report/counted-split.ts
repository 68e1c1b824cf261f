import type { Split } from '#datasets';

/** Who reads where nobody else is named: the model that is trained, and the teacher that looks beside it. */
export const MODEL = 'model';

/** A split that knows how often it has been read, and by whom. */
export interface CountedSplit extends Split {
  /** The same images, with what is read of them counted as this reader's. */
  readBy(reader: string): Split;
  /** Of each reader, how often the most read of the images has been read: 1 after one pass over the split. */
  reads(): ReadonlyMap<string, number>;
}

/** Counts reads where they happen, so that no report has to be believed about what it has looked at. */
export function countedSplit(split: Split): CountedSplit {
  const counts = new Map<string, Uint32Array>();
  const readBy = (reader: string): Split => {
    const own = counts.get(reader) ?? new Uint32Array(split.length);
    counts.set(reader, own);
    return {
      ...split,
      read: (indices, out) => {
        for (let i = 0; i < indices.length; i++) own[indices[i]]++;
        return split.read(indices, out);
      },
    };
  };
  const most = (own: Uint32Array): number => own.reduce((most, count) => Math.max(most, count), 0);
  return {
    ...readBy(MODEL),
    readBy,
    reads: () => new Map([...counts].map(([reader, own]) => [reader, most(own)])),
  };
}
