import type { Preparation } from '#contracts';
import type { Classifier } from '../classifier/classifier.js';
import { isPreparedWithin } from '../classifier/tfjs-description.js';
import type { RunContext } from '../run-context.js';

/**
 * A teacher may see the images in its own way, and its soft labels are then of other pictures than the student's: worth
 * knowing, and no mistake. Of sizes nothing is said, since they show the same.
 */
export function sayWhatIsSeenOtherwise(
  teachers: readonly Pick<Classifier, 'name' | 'image'>[],
  student: Preparation,
  context: Pick<RunContext, 'log'>,
): void {
  const lines = teachers.flatMap(({ name, image }) => {
    const parts = (['resize', 'mean', 'std'] as const).filter((part) => String(image[part]) !== String(student[part]));
    const differing = isPreparedWithin(image) ? parts.filter((part) => part === 'resize') : parts;
    if (differing.length === 0) return [];
    const of = (side: Preparation) =>
      differing.map((part) => `${WORDS[part]} ${[side[part]].flat().join(', ')}`).join(', ');
    return [`The teacher ${name} sees the images its own way: ${of(image)}; the student: ${of(student)}`];
  });
  for (const line of new Set(lines)) context.log('info', line);
}

const WORDS = { resize: 'resize', mean: 'mean', std: 'deviation' } as const;
