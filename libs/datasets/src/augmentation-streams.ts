/** Which of a step's random draws are the augmentation's; nothing else of a step may draw from these streams. */
export const AUGMENTATION_STREAMS = {
  flip: 0xa001,
  top: 0xa002,
  left: 0xa003,
  brightness: 0xa004,
  contrast: 0xa005,
  saturation: 0xa006,
  hue: 0xa007,
  mixup: 0xa008,
  cutmix: 0xa009,
  cutmixRow: 0xa00a,
  cutmixColumn: 0xa00b,
  mixupOrCutmix: 0xa00c,
  /** And as many after each of these two as images get operations. */
  randAugmentOperation: 0xa010,
  randAugmentSign: 0xa020,
} as const;
