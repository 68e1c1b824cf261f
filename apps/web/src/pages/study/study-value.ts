import { STUDY_METRICS, type StudyMetricName } from '#contracts';
import { number, percent } from '../../format/quantities.js';

/** A metric of a study in its own unit. */
export function studyValue(metric: StudyMetricName, value: number): string {
  return STUDY_METRICS[metric].share ? percent(value, 2) : number(value);
}
