import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decode, UndecodableImageError } from './decode.js';

// Written by golden/make_golden.py with Pillow 11.3.0.
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/pillow.json'), 'utf8')) as {
  decoded: { name: string; width: number; height: number; file: string; pixels: string }[];
};

function raw(values: number[], width: number, height: number, channels: 1 | 2 | 3 | 4): Sharp {
  return sharp(Uint8Array.from(values), { raw: { width, height, channels } });
}

/** Left half red, right half blue, upper row brighter: tells every orientation apart. */
const landmarks = raw([255, 0, 0, 0, 0, 255, 100, 0, 0, 0, 0, 100], 2, 2, 3);

describe('decode', () => {
  it.each(golden.decoded)('decodes $name as Pillow does, within 2 of 255', async ({ width, height, file, pixels }) => {
    const image = await decode(Buffer.from(file, 'base64'));
    const expected = Buffer.from(pixels, 'base64');
    expect([image.width, image.height, image.pixels.length]).toEqual([width, height, expected.length]);
    const worst = image.pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
    expect(worst).toBeLessThanOrEqual(2);
  });

  it.each(['png', 'webp', 'tiff', 'gif'] as const)('decodes %s without loss', async (format) => {
    const bytes = await landmarks.clone().toFormat(format, { lossless: true, compression: 'lzw' }).toBuffer();
    const image = await decode(bytes);
    expect([...image.pixels]).toEqual([255, 0, 0, 0, 0, 255, 100, 0, 0, 0, 0, 100]);
  });

  // EXIF 2.32, 4.6.4.A: where the 0th row and column of the stored pixels are to be seen.
  it.each([
    [2, [0, 0, 255, 255, 0, 0, 0, 0, 100, 100, 0, 0]],
    [3, [0, 0, 100, 100, 0, 0, 0, 0, 255, 255, 0, 0]],
    [6, [100, 0, 0, 255, 0, 0, 0, 0, 100, 0, 0, 255]],
    [8, [0, 0, 255, 0, 0, 100, 255, 0, 0, 100, 0, 0]],
  ])('turns EXIF orientation %i upright', async (orientation, expected) => {
    const bytes = await landmarks.clone().withMetadata({ orientation }).png().toBuffer();
    expect([...(await decode(bytes)).pixels]).toEqual(expected);
  });

  it('repeats grey three times', async () => {
    const bytes = await raw([0, 90, 255], 3, 1, 1).toColourspace('b-w').png().toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    expect([...(await decode(bytes)).pixels]).toEqual([0, 0, 0, 90, 90, 90, 255, 255, 255]);
  });

  it('shows transparent parts over white', async () => {
    const colours = raw([200, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 128], 3, 1, 4);
    const image = await decode(await colours.png().toBuffer());
    expect([...image.pixels]).toEqual([200, 0, 0, 255, 255, 255, 127, 127, 127]);
    const grey = raw([0, 0, 40, 255], 2, 1, 2).toColourspace('b-w');
    expect([...(await decode(await grey.png().toBuffer())).pixels]).toEqual([255, 255, 255, 40, 40, 40]);
  });

  it('takes the upper byte of 16 bits', async () => {
    const values = Uint16Array.from([0, 256, 32768, 65535, 12850, 255]);
    const rgb = sharp(values, { raw: { width: 2, height: 1, channels: 3 } }).toColourspace('rgb16');
    expect([...(await decode(await rgb.png().toBuffer())).pixels]).toEqual([0, 1, 128, 255, 50, 0]);
    const grey = sharp(values, { raw: { width: 6, height: 1, channels: 1 } }).toColourspace('grey16');
    const bytes = await grey.png().toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ channels: 1, depth: 'ushort' });
    const image = await decode(bytes);
    expect([0, 1, 2, 3, 4, 5].map((i) => image.pixels[i * 3])).toEqual([0, 1, 128, 255, 50, 0]);
  });

  it('turns CMYK into RGB', async () => {
    const bytes = await raw(new Array(48).fill([230, 20, 20]).flat(), 8, 6, 3)
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const [red, green, blue] = (await decode(bytes)).pixels;
    expect(red).toBeGreaterThan(180);
    expect(Math.max(green, blue)).toBeLessThan(100);
  });

  it('takes the first frame of an animation', async () => {
    const frames = raw([9, 9, 9, 200, 200, 200], 1, 2, 3);
    const bytes = await sharp(await frames.raw().toBuffer(), {
      raw: { width: 1, height: 2, channels: 3, pageHeight: 1 } as never,
    })
      .gif()
      .toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const image = await decode(bytes);
    expect([image.width, image.height, image.pixels[0]]).toEqual([1, 1, 9]);
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff'] as const)('refuses a %s file that is cut off', async (format) => {
    const noise = { type: 'gaussian', mean: 120, sigma: 40 } as const;
    const whole = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#888', noise } })
      .toFormat(format)
      .toBuffer();
    await expect(decode(whole)).resolves.toMatchObject({ width: 60, height: 40 });
    for (const part of [0.9, 0.5, 0.05]) {
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      await expect(decode(cut)).rejects.toBeInstanceOf(UndecodableImageError);
    }
  });

  it.each([
    ['text', Buffer.from('not an image'), /unsupported image format/],
    [
      'SVG, whatever its extension',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /svg/,
    ],
    ['nothing', Buffer.alloc(0), /.+/],
  ])('refuses %s', async (_, bytes, reason) => {
    await expect(decode(bytes)).rejects.toThrow(reason);
    await expect(decode(bytes)).rejects.toBeInstanceOf(UndecodableImageError);
  });

  it.each([
    [20_000, 5_001],
    [65_600, 4],
  ])('refuses %i × %i pixels without decoding them, and names the limit', async (width, height) => {
    const bomb = await sharp({ create: { width, height, channels: 3, background: '#000' } })
      .toColourspace('b-w')
      .png({ compressionLevel: 1 })
      .toBuffer();
    expect(bomb.length).toBeLessThan(1_000_000);
    const reason = `it is ${width} × ${height} pixels; the limit is 100 million pixels and 65535 pixels a side`;
    await expect(decode(bomb)).rejects.toThrow(reason);
  });
});
