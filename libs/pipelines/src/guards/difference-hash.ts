/** Shades of grey that a difference hash is made of. */
const WIDTH = 9;
const HEIGHT = 8;

/**
 * The difference hash of an image (dHash: Krawetz, "Kind of Like That", 2013), 64 bits in two words: bit (y, x) says whether
 * grey (y, x) of 8 × 9 is lighter than its neighbour on the right. What copies of a picture, stored differently, have in
 * common.
 * @param pixels `imageSize² × 3` bytes
 */
export function differenceHash(pixels: Uint8Array, imageSize: number): Uint32Array {
  const luma = greys(pixels, imageSize, WIDTH, HEIGHT);
  const hash = new Uint32Array(2);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH - 1; x++) {
      const at = y * WIDTH + x;
      if (luma[at] > luma[at + 1]) hash[y >> 2] |= 1 << ((y % 4) * 8 + x);
    }
  }
  return hash;
}

/** An image in so many shades of grey, each the mean of its pixels. `[height, width]`, 0 to 255. */
export function greys(pixels: Uint8Array, size: number, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height);
  const [rows, columns] = [cells(height, size), cells(width, size)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Of whole numbers, and weighed once: this is done for every pixel of a dataset.
      let [red, green, blue] = [0, 0, 0];
      for (let row = rows[2 * y]; row < rows[2 * y + 1]; row++) {
        const end = (row * size + columns[2 * x + 1]) * 3;
        for (let at = (row * size + columns[2 * x]) * 3; at < end; at += 3) {
          red += pixels[at];
          green += pixels[at + 1];
          blue += pixels[at + 2];
        }
      }
      const count = (rows[2 * y + 1] - rows[2 * y]) * (columns[2 * x + 1] - columns[2 * x]);
      out[y * width + x] = Math.round((0.299 * red + 0.587 * green + 0.114 * blue) / count);
    }
  }
  return out;
}

/** The first pixel of each of so many cells, and the one behind its last; a cell has at least one. */
function cells(count: number, size: number): Int32Array {
  const bounds = new Int32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const first = Math.min(size - 1, Math.floor((i * size) / count));
    bounds[2 * i] = first;
    bounds[2 * i + 1] = Math.max(first + 1, Math.floor(((i + 1) * size) / count));
  }
  return bounds;
}

/** How many bits of 32 are set. */
export function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
