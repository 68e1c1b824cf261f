import type { AugmentationSpec } from '#contracts';
import type { Engine, Tensor } from '#engine';
import { AUGMENTATION_STREAMS } from './augmentation-streams.js';
import type { Draw } from './draw.js';

/** How far each property of a colour may be moved at random; 0: not at all. */
export type ColourRanges = Pick<AugmentationSpec, 'brightness' | 'contrast' | 'saturation' | 'hue'>;

/** `[batch]` each. A factor of 1 and a turn of 0 leave an image as it is. */
export interface ColourFactors {
  brightness?: Tensor;
  contrast?: Tensor;
  saturation?: Tensor;
  /** A share of the circle, −0.5 to 0.5. */
  hue?: Tensor;
}

/** Largest value of a byte. */
const WHITE = 255;
/** Brightness of a colour, ITU-R BT.601, in torchvision's four digits. */
const LUMA = [0.2989, 0.587, 0.114];

/** Red, green and blue of a batch, `[batch, height, width]` each. */
type Planes = readonly [Tensor, Tensor, Tensor];

/**
 * Random brightness, contrast, saturation and hue, drawn for each image, as `torchvision.transforms.ColorJitter` on
 * float tensors: factors from [max(0, 1 − x), 1 + x], hue from [−x, x]. ColorJitter also draws the order of the four
 * anew each time, which would be 24 graphs: here it is always brightness, contrast, saturation, hue.
 * @param images `[batch, height, width, 3]` of 0 to 255, float32
 * @returns the same shape and range
 */
export function colourJitter<T extends Tensor>(engine: Engine, images: T, ranges: ColourRanges, draw: Draw): T {
  const batch = images.shape[0];
  const { tf, kernels } = engine;
  if (Object.values(rangesOf(ranges)).every((range) => range === 0)) return images;
  return tf.tidy(() => {
    const drawn = (name: keyof ColourRanges, low: number, high: number): Tensor | undefined =>
      ranges[name] === 0
        ? undefined
        : tf.add(
            tf.mul(kernels.randomUniform([batch], draw.seed, draw.step, AUGMENTATION_STREAMS[name]), high - low),
            low,
          );
    const factor = (name: Exclude<keyof ColourRanges, 'hue'>) =>
      drawn(name, Math.max(0, 1 - ranges[name]), 1 + ranges[name]);
    return adjustColours(engine, images, {
      brightness: factor('brightness'),
      contrast: factor('contrast'),
      saturation: factor('saturation'),
      hue: drawn('hue', -ranges.hue, ranges.hue),
    });
  });
}

/**
 * The adjustments of `torchvision.transforms.functional`, one after the other, each image by its own factors:
 *
 *     brightness  f·x                     contrast  f·x + (1 − f)·mean(luma(x))
 *     saturation  f·x + (1 − f)·luma(x)   hue       the hexagon of HSV turned by f
 *
 * each but the last clipped to 0 to 255. luma = 0.2989 R + 0.587 G + 0.114 B.
 * @param images `[batch, height, width, 3]` of 0 to 255, float32
 */
export function adjustColours<T extends Tensor>(
  { tf }: Engine,
  images: T,
  { brightness, contrast, saturation, hue }: ColourFactors,
): T {
  return tf.tidy(() => {
    // One plane for each colour: reducing and broadcasting over three neighbouring numbers is slow.
    let planes = tf.unstack(images, 3) as unknown as Planes;
    const perImage = (factor: Tensor): Tensor => tf.reshape(factor, [-1, 1, 1]);
    const luma = ([red, green, blue]: Planes): Tensor =>
      tf.add(tf.add(tf.mul(red, LUMA[0]), tf.mul(green, LUMA[1])), tf.mul(blue, LUMA[2]));
    /** f·x + (1 − f)·other; `other` black where it is left out. */
    const blend = (factor: Tensor, other?: Tensor): Planes => {
      const rest = other === undefined ? undefined : tf.mul(other, tf.sub(1, factor));
      return mapPlanes(planes, (plane) => {
        const own = tf.mul(plane, factor);
        return tf.clipByValue(rest === undefined ? own : tf.add(own, rest), 0, WHITE);
      });
    };
    if (brightness !== undefined) planes = blend(perImage(brightness));
    if (contrast !== undefined) planes = blend(perImage(contrast), tf.mean(luma(planes), [1, 2], true));
    if (saturation !== undefined) planes = blend(perImage(saturation), luma(planes));
    if (hue !== undefined) planes = turnHue(tf, planes, perImage(hue));
    return tf.stack([...planes], 3) as T;
  });
}

/**
 * Through HSV without its corner cases: with max and min of a pixel's colours and its hue in sixths of the circle, a
 * colour is max − (max − min) · clip(min(k, 4 − k), 0, 1), k = (n + hue) mod 6, with n = 5, 3, 1 for red, green, blue.
 */
function turnHue(tf: Engine['tf'], [red, green, blue]: Planes, turn: Tensor): Planes {
  const max = tf.maximum(red, tf.maximum(green, blue));
  const range = tf.sub(max, tf.minimum(red, tf.minimum(green, blue)));
  // A grey has no hue; whatever it is given is multiplied by its range, which is 0.
  const divisor = tf.where(tf.equal(range, 0), tf.onesLike(range), range);
  const redMost = tf.equal(red, max);
  const greenMost = tf.equal(green, max);
  const difference = tf.where(redMost, tf.sub(green, blue), tf.where(greenMost, tf.sub(blue, red), tf.sub(red, green)));
  const corner = tf.where(
    redMost,
    tf.zerosLike(max),
    tf.where(greenMost, tf.fill(max.shape, 2), tf.fill(max.shape, 4)),
  );
  const hue = tf.add(tf.add(tf.div(difference, divisor), corner), tf.mul(turn, 6));
  const colour = (n: number): Tensor => {
    const shifted = tf.add(hue, n);
    const k = tf.sub(shifted, tf.mul(tf.floor(tf.div(shifted, 6)), 6));
    return tf.sub(max, tf.mul(range, tf.clipByValue(tf.minimum(k, tf.sub(4, k)), 0, 1)));
  };
  return [colour(5), colour(3), colour(1)];
}

function mapPlanes([red, green, blue]: Planes, change: (plane: Tensor) => Tensor): Planes {
  return [change(red), change(green), change(blue)];
}

function rangesOf({ brightness, contrast, saturation, hue }: ColourRanges): ColourRanges {
  return { brightness, contrast, saturation, hue };
}
