/** Images that are looked at at once, at most. The same everywhere, since the batch's size may change a result's last bits. */
const LARGEST = 64;

/**
 * How many images a captured function takes at once to look at this many: the next power of two, and of more than the
 * largest batch that one. Few sizes, so that few functions are captured; a power of two, so that a few images do not
 * cost as much as many. A last, shorter batch is filled up to the same size: a size of its own would be a second
 * capture, which takes longer than the images that it saves (MobileNetV2 at 96 pixels, two cores: 1.5 s for a new size,
 * 0.25 s for 64 images).
 */
export function lookBatch(images: number, largest = LARGEST): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(1, images)));
  return Math.min(power, largest);
}
