import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fit } from './fit.js';
import { resample, type Pixels } from './resample.js';

interface Resized {
  width: number;
  height: number;
  size: number;
  resize: 'squash' | 'crop';
  pixels: string;
}
// Written by golden/make_golden.py with Pillow 11.3.0.
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/pillow.json'), 'utf8')) as {
  resized: Resized[];
};

/** The same pixels as make_golden.py's `pattern`. */
function pattern(width: number, height: number): Pixels {
  const pixels = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) pixels[at++] = (x * 31 + y * 17 + x * y * 7 + c * 101) % 256;
    }
  }
  return { width, height, pixels };
}

describe('fit', () => {
  it.each(golden.resized.map((entry) => ({ ...entry, name: `${entry.width} × ${entry.height} to ${entry.size}` })))(
    'equals Pillow to the last bit: $resize $name',
    ({ width, height, size, resize, pixels }) => {
      const fitted = fit(pattern(width, height), { size, resize });
      expect(Buffer.from(fitted).equals(Buffer.from(pixels, 'base64'))).toBe(true);
    },
  );

  it('leaves an image of the right size as it is', () => {
    const image = pattern(16, 16);
    expect(fit(image, { size: 16, resize: 'crop' })).toBe(image.pixels);
  });
});

describe('resample', () => {
  it('makes a window of what it makes of the whole', () => {
    const image = pattern(50, 30);
    const whole = resample(image, 20, 10, { left: 0, top: 0, width: 20, height: 10 });
    const part = resample(image, 20, 10, { left: 7, top: 3, width: 5, height: 4 });
    for (let y = 0; y < 4; y++) {
      const row = whole.subarray(((y + 3) * 20 + 7) * 3, ((y + 3) * 20 + 12) * 3);
      expect(part.subarray(y * 15, (y + 1) * 15)).toEqual(row);
    }
  });

  it('crops a strip of extreme proportions without making the whole of it', () => {
    const strip = { width: 1, height: 60_000, pixels: new Uint8Array(180_000).fill(77) };
    const fitted = fit(strip, { size: 8, resize: 'crop' });
    expect(new Set(fitted)).toEqual(new Set([77]));
  });
});
