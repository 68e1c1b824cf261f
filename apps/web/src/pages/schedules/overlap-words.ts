import type { ScheduleBody } from '#contracts';

/** What happens at a due time while runs of the last one are still going. */
export const OVERLAP_WORDS: Record<ScheduleBody['overlap'], string> = {
  skip: 'Skip while the last one is still going',
  allow: 'Submit even while the last one is still going',
  'cancel-previous': 'Cancel the last one if it is still going',
};
