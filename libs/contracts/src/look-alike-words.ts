import type { Report } from './report.js';

/** What was compared and what was found: "2 of 200 test images look like one of 900 training and 100 validation images". */
export function lookAlikeWords({
  train,
  validation = 0,
  unlabelled = 0,
  test,
  found,
}: NonNullable<Report['lookAlikes']>): string {
  const groups = [
    `${whole(train)} training`,
    ...(validation > 0 ? [`${whole(validation)} validation`] : []),
    ...(unlabelled > 0 ? [`${whole(unlabelled)} unlabelled`] : []),
  ];
  const last = groups.pop();
  const others = groups.length > 0 ? `${groups.join(', ')} and ${last}` : last;
  const verb = found > 1 ? 'look' : 'looks';
  return `${found === 0 ? 'None' : whole(found)} of ${whole(test)} test images ${verb} like one of ${others} images`;
}

/** The same, where no warning of the report begins with it: of what was found, one does. */
export function lookAlikeRemark({
  lookAlikes,
  warnings = [],
}: Pick<Report, 'lookAlikes' | 'warnings'>): string | undefined {
  const words = lookAlikes && lookAlikeWords(lookAlikes);
  return warnings.some((warning) => words !== undefined && warning.startsWith(words)) ? undefined : words;
}

function whole(count: number): string {
  return count.toLocaleString('en');
}
