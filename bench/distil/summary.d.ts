export interface Turn {
  who: 'distillery' | 'pytorch';
  setting: string;
  round: number;
  epochSeconds: number[];
  images: number;
}

export interface EpochRow {
  key: 'first' | 'later';
  ours: { setting: string; seconds: number };
  torch: { setting: string; seconds: number };
  ratio: number;
  lowest: number;
  highest: number;
  rounds: number;
}

interface Study {
  seconds: number;
  teacherImages: number;
  testTop1: number;
}

export function epochRows(turns: Turn[]): EpochRow[];
export function studyRow(
  rounds: { ours: Study; torch: Study }[],
  about: { runs: number; expected: number },
): { ratio: number; onceEach: boolean; ours: Study; torch: Study };
