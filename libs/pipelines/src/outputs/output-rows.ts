import type { OutputChunk } from '#teacher-outputs';

/**
 * What a network says of the images of a split, row i for image i, as it is put together from chunks that are in any
 * order. A row finds its place by the hash of its image; images of the same content share what is said of them.
 */
export class OutputRows {
  /** `[images, width]` */
  readonly values: Float32Array;
  /** Images whose row is there. */
  done = 0;
  private readonly placesOf = new Map<string, number[]>();

  constructor(
    private readonly hashes: readonly string[],
    private readonly width: number,
  ) {
    this.values = new Float32Array(hashes.length * width);
    hashes.forEach((hash, place) => {
      const places = this.placesOf.get(hash);
      if (places === undefined) this.placesOf.set(hash, [place]);
      else places.push(place);
    });
  }

  /**
   * Puts the rows of a chunk where they belong, those that are there already and those of other images left out.
   * @returns for how many images rows were taken
   */
  take({ hashes, values, width }: OutputChunk): number {
    if (width !== this.width) throw new Error(`rows of ${width} numbers instead of ${this.width}`);
    const before = this.done;
    hashes.forEach((hash, row) => {
      const places = this.placesOf.get(hash);
      if (places === undefined) return;
      this.placesOf.delete(hash);
      this.done += places.length;
      const found = values.subarray(row * width, (row + 1) * width);
      for (const place of places) this.values.set(found, place * width);
    });
    return this.done - before;
  }

  /** Places of images without a row, of each content one, ascending. */
  missing(): Int32Array {
    return Int32Array.from(this.placesOf.values(), ([place]) => place).sort();
  }
}
