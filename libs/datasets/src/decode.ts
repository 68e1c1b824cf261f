import sharp from 'sharp';
import type { Pixels } from './resample.js';

/** Formats that are decoded, as libvips names them by a file's content. SVG and PDF are programs, not pictures. */
const FORMATS = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif']);

/** What an image may have at most; a file that claims more is a mistake or a decompression bomb. */
export const IMAGE_LIMITS = { bytes: 256 * 1024 * 1024, pixels: 100_000_000, side: 65_535 } as const;

/** Images of more pixels than this are decoded one at a time, so that several do not fill the memory together. */
const LARGE = 16_000_000;

/** The image can't be decoded; the message says why, without naming it. */
export class UndecodableImageError extends Error {
  override name = 'UndecodableImageError';
}

let largeImage: Promise<unknown> = Promise.resolve();

/**
 * Decodes an encoded image to upright 8-bit RGB, as a viewer shows it: EXIF orientation applied; of an animation the
 * first frame; transparent parts over white (PIL's `convert('RGB')` shows the colours hidden below them instead); grey
 * repeated three times; 16 bits per channel divided by 256. Colour profiles are not applied, as in PIL; CMYK, which has
 * no meaning without one, goes through libvips' default profile.
 * @throws UndecodableImageError
 */
export async function decode(bytes: Buffer): Promise<Pixels> {
  const image = await decodeUnlessLarge(bytes);
  if (image !== 'large') return image;
  const decoded = largeImage.then(() => decodePixels(bytes));
  largeImage = decoded.catch(() => {});
  return decoded;
}

/** As `decode`, for where it cannot be known what others decode: `large` of an image that takes much of the memory. */
export async function decodeUnlessLarge(bytes: Buffer): Promise<Pixels | 'large'> {
  const { width, height, format } = await described(() => sharp(bytes, { limitInputPixels: false }).metadata());
  if (!FORMATS.has(format)) throw new UndecodableImageError(`the format ${format} is not supported`);
  if (width > IMAGE_LIMITS.side || height > IMAGE_LIMITS.side || width * height > IMAGE_LIMITS.pixels) {
    const limit = `${IMAGE_LIMITS.pixels / 1e6} million pixels and ${IMAGE_LIMITS.side} pixels a side`;
    throw new UndecodableImageError(`it is ${width} × ${height} pixels; the limit is ${limit}`);
  }
  return width * height <= LARGE ? decodePixels(bytes) : 'large';
}

async function decodePixels(bytes: Buffer): Promise<Pixels> {
  const { data, info } = await described(() =>
    sharp(bytes, { failOn: 'error', limitInputPixels: IMAGE_LIMITS.pixels, ignoreIcc: true })
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  );
  if (info.channels !== 3) throw new UndecodableImageError(`it has ${info.channels} channels`);
  return { width: info.width, height: info.height, pixels: data };
}

/** Longest reason that is kept, characters. */
const MAX_REASON = 200;

/** libvips' errors, in one line; what it says of each failed seek is left out. */
async function described<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const lines = (error as Error).message.split('\n').map((line) => line.trim());
    const telling = [...new Set(lines)].filter((line) => line !== '' && !line.includes('bad seek'));
    const reason = telling.join('; ').slice(0, MAX_REASON);
    throw new UndecodableImageError(reason === '' ? 'it is damaged' : reason, { cause: error });
  }
}
