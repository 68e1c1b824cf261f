import { normalFrom } from '../seeded-random.js';
import { toByte, type Corruption } from './corruption.js';

/**
 * `gaussian_noise` of Hendrycks & Dietterich (2019): clip(x / 255 + c · N(0, 1), 0, 1) · 255.
 * @param strength c: standard deviation, of pixel values 0 to 1
 */
export const gaussianNoise: Corruption = (pixels, _size, strength, uniform) => {
  const normal = normalFrom(uniform);
  return pixels.map((value) => toByte(value + 255 * strength * normal()));
};
