import { knownClasses } from './known-classes.js';
import type { Spec } from './spec.js';
import type { SpecIssue } from './spec-issues.js';
import { teachersOf } from './teachers-of.js';
import { isWeightsPath } from './weights-path.js';

/** A published backbone without a classification head; the other published weights know ImageNet's classes. */
const HEADLESS = 'coco';

/** What is wrong with the teachers of a run, as far as its spec alone tells. */
export function teacherIssues(spec: Spec): SpecIssue[] {
  const teachers = teachersOf(spec);
  const issues = teachers.flatMap(({ teacher, field }): SpecIssue[] => {
    if (!('weights' in teacher)) return [];
    const message = mistakeOf(spec, teacher.weights);
    return message === undefined ? [] : [{ path: `${field}.weights`, message }];
  });
  if (spec.pipeline === 'distillation' && spec.loss.kind === 'hint' && teachers.length > 1) {
    const message = `"hint" follows the layer of one teacher, and there are ${teachers.length}: name one, or use a loss of logits (kd, dkd, dist, logit-std)`;
    issues.push({ path: 'loss.kind', message });
  }
  if (spec.pipeline === 'logistic' && spec.outOfFold === undefined) {
    const asked = [spec.features].flat().filter((feature) => feature !== 'penultimate');
    const headless = teachers.some(({ teacher }) => 'weights' in teacher && teacher.weights === HEADLESS);
    if (headless && asked.length > 0) {
      const message = `the weights "${HEADLESS}" are a backbone without classes, which has no features ${asked.map((each) => `"${each}"`).join(' and ')}: set features to "penultimate", name a teacher with classes, or set outOfFold for a head of its own`;
      issues.push({ path: 'features', message });
    }
  }
  return issues;
}

function mistakeOf({ pipeline, dataset }: Spec, weights: string): string | undefined {
  if (weights === 'none') return 'a teacher without trained weights has nothing to teach: name pretrained weights';
  if (pipeline !== 'distillation' || isWeightsPath(weights)) return undefined;
  const remedy = 'train it on them first, with "teacher: { pipeline: transfer, backbone: … }"';
  if (weights === HEADLESS) return `"${weights}" is a backbone that knows no classes: ${remedy}`;
  if (knownClasses(dataset) === undefined) return undefined;
  return `"${weights}" knows the classes of ImageNet, not those of the dataset: ${remedy}`;
}
