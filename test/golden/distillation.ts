import { readFileSync } from 'node:fs';
import type { ValueWithGradients } from './pipelines.js';

/** What PyTorch makes of a distillation's losses, as `distillation.py` wrote it down. Matrices are row after row. */
interface Golden {
  losses: {
    classes: number;
    student: number[];
    teacher: number[];
    labels: number[];
    /** By temperature. */
    kd: Record<string, ValueWithGradients>;
    dkd: (ValueWithGradients & { alpha: number; beta: number; temperature: number })[];
    dist: (ValueWithGradients & { beta: number; gamma: number; temperature: number })[];
    /** By temperature. */
    logitStandardisation: Record<string, ValueWithGradients>;
    /** Of `teacher` and `student`, as two teachers. */
    ensemble: { temperature: number; weights: number[]; softLabels: number[] };
  };
  /** Gradients in the features, the weight and the bias. */
  hint: ValueWithGradients & {
    /** `[6, 3]` */
    features: number[];
    /** `[3, 4]` */
    weight: number[];
    bias: number[];
    /** `[6, 4]` */
    teacher: number[];
  };
  /** Gradients in the features, the weight and the bias. */
  hintOfMaps: (ValueWithGradients & {
    /** Of the maps that are compared, of the student's and of the teacher's: height and width. */
    size: number;
    studentSize: number;
    teacherSize: number;
    /** `[2, studentSize, studentSize, 3]` */
    features: number[];
    /** `[3, 4]` */
    weight: number[];
    bias: number[];
    /** `[2, teacherSize, teacherSize, 4]` */
    teacher: number[];
    /** The teacher's, averaged: `[2, size, size, 4]` */
    target: number[];
  })[];
}

export const golden = JSON.parse(readFileSync(new URL('./distillation.json', import.meta.url), 'utf8')) as Golden;
