import type { Split } from '#datasets';

/** Two splits of one dataset as one: the images of the first, then those of the second. */
export function joinSplits(first: Split, second: Split): Split {
  if (second.length === 0) return first;
  const imageBytes = first.imageSize ** 2 * 3;
  const labels = new Int32Array(first.length + second.length);
  labels.set(first.labels);
  labels.set(second.labels, first.length);
  return {
    name: first.name,
    length: labels.length,
    imageSize: first.imageSize,
    labels,
    hashes: [...first.hashes, ...second.hashes],
    async read(indices, out) {
      const slots = Array.from({ length: indices.length }, (_, slot) => slot);
      const readFrom = async (split: Split, offset: number): Promise<void> => {
        const mine = slots.filter((slot) => indices[slot] < first.length === (split === first));
        const part = new Uint8Array(mine.length * imageBytes);
        await split.read(
          mine.map((slot) => indices[slot] - offset),
          part,
        );
        mine.forEach((slot, i) => out.set(part.subarray(i * imageBytes, (i + 1) * imageBytes), slot * imageBytes));
      };
      // Both are asked for before a training step may keep this thread busy, and both waited for: files are closed next.
      const reads = await Promise.allSettled([readFrom(first, 0), readFrom(second, first.length)]);
      const failed = reads.find((read) => read.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
