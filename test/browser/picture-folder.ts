import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

/** Colours that a classifier of a few hundred parameters tells apart within an epoch. */
const CLASSES = { copper: [190, 100, 40], slate: [70, 90, 120], moss: [70, 130, 60] } as const;

/**
 * An image folder of three classes of noisy, coloured squares: small enough to train on in seconds, and learnable, so
 * that curves have a shape.
 */
export async function writePictureFolder(folder: string, perClass: number): Promise<void> {
  const side = 16;
  for (const [name, colour] of Object.entries(CLASSES)) {
    await mkdir(path.join(folder, name), { recursive: true });
    for (let index = 0; index < perClass; index++) {
      // A linear congruence instead of Math.random: the same pictures in every run of the test.
      const noise = (position: number) => ((position * 7919 + index * 104_729) % 61) - 30;
      const pixels = Buffer.from(
        Array.from({ length: side * side * 3 }, (_, at) => Math.max(0, Math.min(255, colour[at % 3] + noise(at)))),
      );
      await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toFile(path.join(folder, name, `${index}.png`));
    }
  }
}
