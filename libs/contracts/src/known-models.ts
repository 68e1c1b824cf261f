/** Every architecture that a spec may name; `libs/models` has a file for each. */
export const KNOWN_MODELS = [
  'small_cnn',
  'resnet8',
  'resnet20',
  'resnet56',
  'wrn_16_2',
  'wrn_40_2',
  'resnet18',
  'resnet34',
  'resnet50',
  'mobilenet_v2',
  'mobilenet_v2_x0_35',
  'mobilenet_v2_x0_5',
  'mobilenet_v2_x0_75',
  'mobilenet_v2_x1_4',
  'mobilenet_v3_small',
  'shufflenet_v2',
  'shufflenet_v2_x0_5',
  'inception_v3',
] as const;

export type ModelName = (typeof KNOWN_MODELS)[number];
