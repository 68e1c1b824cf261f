/** One engine's result on one row, at its best setting. */
export interface Line {
  name: string;
  model: string;
  mode: 'train' | 'forward';
  size: number;
  batch: number;
  precision: 'float32' | 'bfloat16';
  trainers: number;
  engine: string;
  setting?: string;
  processes?: number;
  threads?: number;
  imagesPerSecond?: number;
  lowest?: number;
  highest?: number;
  rounds?: number;
  firstStepMs?: number;
  peakBytes?: number;
  peakBytesOverLibraries?: number;
  parameters?: number;
  gigaflopsPerSecond?: number;
  otherSettings?: { setting: string; imagesPerSecond: number }[];
  failure?: string;
  failures?: { setting: string; failure: string }[];
}

export interface Turn {
  rate: number;
  firstStepMs: number;
  peakBytes: number;
  baseBytes: number;
  parameters?: number;
}

export interface Contender {
  engine: string;
  setting: string;
  processes: number;
  threads: number;
  turns: Turn[];
  failure?: string;
}

export interface Verdict {
  goal: string;
  found: string;
  met?: boolean;
}

type Row = Pick<Line, 'name' | 'model' | 'mode' | 'size' | 'batch' | 'precision' | 'trainers'> & {
  multiplyAddsPerImage: number;
};

export function median(values: number[]): number;
export function geometricMean(values: number[]): number;
export function summariseRow(row: Row, contenders: Contender[]): Line[];
export function parameterCounts(lines: Line[]): { model: string; counts: number[] }[];
export function duels(lines: Line[]): { name: string; ours: Line; torch: Line; ratio: number }[];
export function verdicts(lines: Line[], options: { matmulGigaflops?: number; convolutionBound: string[] }): Verdict[];
