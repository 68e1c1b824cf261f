/**
 * Whether a spec's `weights` is a file or a model folder on the machine that trains, rather than the name of a source
 * (`coco`, `torchvision/IMAGENET1K_V1`) or `none`: it has a slash or a backslash, or ends as files of weights do. A folder
 * that is called as a source begins is written `./torchvision/…`.
 */
export function isWeightsPath(weights: string): boolean {
  if (/^torchvision\/[A-Za-z0-9_]+$/.test(weights)) return false;
  return /[\\/]|\.(safetensors|pth|pt|bin|tflite)$/.test(weights);
}
