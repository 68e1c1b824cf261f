/**
 * Whether a spec's `weights` is a file or a model folder on the machine that trains, rather than the name of a source
 * (`coco`) or `none`: it has a slash or a backslash, or ends in `.safetensors`.
 */
export function isWeightsPath(weights: string): boolean {
  return /[\\/]|\.safetensors$/.test(weights);
}
