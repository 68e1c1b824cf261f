import sharp from 'sharp';
import type { Corruption } from './corruption.js';

/**
 * `jpeg_compression` of Hendrycks & Dietterich (2019): saved as JPEG and read again, colours at half the resolution, by
 * libjpeg-turbo with the standard's tables, as Pillow does it.
 * @param strength JPEG quality, 1 to 100
 */
export const jpeg: Corruption = async (pixels, size, strength) => {
  const raw = { width: size, height: size, channels: 3 } as const;
  const encoded = await sharp(pixels, { raw })
    .jpeg({ quality: strength, chromaSubsampling: '4:2:0', mozjpeg: false, optimiseCoding: false })
    .toBuffer();
  return sharp(encoded).toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer();
};
