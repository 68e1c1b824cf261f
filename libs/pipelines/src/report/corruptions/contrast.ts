import { toByte, type Corruption } from './corruption.js';

/**
 * `contrast` of Hendrycks & Dietterich (2019): clip((x − m) · c + m, 0, 1) · 255, m the mean of the channel.
 * @param strength c: what is left of the contrast, 0 to 1
 */
export const contrast: Corruption = (pixels, size, strength) => {
  const means = [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let at = channel; at < pixels.length; at += 3) sum += pixels[at];
    return sum / size ** 2;
  });
  return pixels.map((value, at) => toByte((value - means[at % 3]) * strength + means[at % 3]));
};
