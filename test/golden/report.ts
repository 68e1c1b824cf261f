import { readFileSync } from 'node:fs';

interface Metrics {
  nll: number;
  brier: number;
  ece: number;
}

interface Attacked {
  images: number[];
  logits: number[];
}

/** What PyTorch, NumPy and Pillow compute, as `report.py` wrote it down. Matrices and images are row after row. */
interface Golden {
  calibration: {
    classes: number;
    /** Logits. */
    test: number[];
    labels: number[];
    validation: number[];
    validationLabels: number[];
    before: Metrics;
    temperature: number;
    after: Metrics;
    /** Precision, recall, F1 and support of each class. */
    perClass: [precision: number, recall: number, f1: number, images: number][];
    macroF1: number;
  };
  attacks: {
    /** `[batch, size, size, 3]` */
    shape: [number, number, number, number];
    images: number[];
    labels: number[];
    filters: number[];
    filterShape: [number, number, number, number];
    head: number[];
    headShape: [number, number];
    mean: [number, number, number];
    std: [number, number, number];
    epsilon: number;
    /** Where PGD begins. */
    start: number[];
    clean: number[];
    fgsm: Attacked;
    pgd: Attacked;
  };
  corruptions: {
    size: number;
    image: number[];
    /** By strength. */
    'gaussian-blur': Record<string, number[]>;
    contrast: Record<string, number[]>;
    jpeg: Record<string, number[]>;
  };
  agreement: {
    classes: number;
    /** Probabilities. */
    teacher: number[];
    student: number[];
    labels: number[];
    top1: number;
    /** KL(teacher ‖ student), nats, of an image on average. */
    kl: number;
    bothRight: number;
    onlyTeacherRight: number;
    onlyStudentRight: number;
    bothWrong: number;
    /** Of each class: images, the recalls of teacher and student, and the sign test's p. */
    perClass: [images: number, teacher: number, student: number, p: number][];
  };
}

export const golden = JSON.parse(readFileSync(new URL('./report.json', import.meta.url), 'utf8')) as Golden;
