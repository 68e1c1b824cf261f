import type { Report } from '#contracts';
import { classBars } from '../class-bars.js';
import { confusionMatrix } from '../confusion-matrix.js';
import { markup } from '../markup.js';
import type { Section } from '../section.js';

/** How each class fares, and what is taken for what. */
export function classesSection({ classes, test }: Report): Section {
  return {
    id: 'classes',
    title: 'Classes',
    body: markup`${classBars(test.perClass)}${confusionMatrix(classes, test.confusionMatrix)}`,
  };
}
