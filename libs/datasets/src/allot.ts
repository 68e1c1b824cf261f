import { createHash } from 'node:crypto';
import { UserError, type DatasetSpec } from '#contracts';
import type { Split } from './dataset.js';
import type { Origin } from './source.js';

/** How much of the images is held out for the test where the source has no test split and the spec names no number. */
export const DEFAULT_TEST_FRACTION = 0.2;

/** What is known of an image when the splits are made. */
export interface AllotImage {
  readonly origin: Origin;
  readonly label: number;
  /** Content hash, hex. */
  readonly hash: string;
}

export interface Allotment {
  /** Rows of each split, ascending: the source's order. */
  readonly rows: Readonly<Record<Split['name'], Int32Array>>;
  /** What a person should know about the images, in words. */
  readonly notes: readonly string[];
}

/** Images with the same content. They go to the same side of every split. */
interface Group {
  readonly hash: string;
  readonly label: number;
  readonly rows: number[];
}

/**
 * Shares a source's images out to the splits.
 *
 * Which image goes where depends on nothing but the images' content and the numbers asked for: not on the run's seed,
 * the file names, their order, or the image size. So all seeds of an experiment, and a teacher and its student, are
 * measured on the same test images and never train on them, and a smaller `train` is a part of a larger one.
 * Each choice is stratified by class. Copies of one image are never on two sides: what is in `test` leaves the
 * others, then `validation`, then `train`.
 * @throws UserError naming the field that asks for more images than there are, and how many there are
 */
export function allot(images: readonly AllotImage[], classes: readonly string[], spec: DatasetSpec): Allotment {
  const taken = new Set<string>();
  const pool = (origin: Origin): Group[] => groupByContent(images, origin, taken);
  const sourceHas = (origin: Origin): boolean => images.some((image) => image.origin === origin);
  const claim = (groups: Group[]): Group[] => {
    for (const group of groups) taken.add(group.hash);
    return groups;
  };

  const testPool = pool(sourceHas('test') ? 'test' : 'train');
  const testShare = spec.test ?? (sourceHas('test') ? undefined : DEFAULT_TEST_FRACTION);
  const test = claim(choose(testPool, countOf(testShare, testPool), 'test', 'dataset.test'));

  const ownValidation = sourceHas('validation');
  // A fraction is a fraction of the training images, which a source with its own validation split leaves whole.
  const ownValidationPool = pool('validation');
  const ownValidationShare = spec.validation < 1 ? undefined : spec.validation;
  let validation = ownValidation
    ? claim(
        choose(ownValidationPool, countOf(ownValidationShare, ownValidationPool), 'validation', 'dataset.validation'),
      )
    : [];

  const trainPool = pool('train');
  const labelled = claim(choose(trainPool, countOf(spec.train, trainPool), 'train', 'dataset.train'));
  let train = labelled;
  if (!ownValidation) {
    const count = countOf(spec.validation, labelled);
    if (count >= sizeOf(labelled)) {
      throw tooFew('dataset.validation', count, Math.max(0, sizeOf(labelled) - 1), 'held out of the training images');
    }
    validation = choose(labelled, count, 'validation', 'dataset.validation');
    const held = new Set(validation.map((group) => group.hash));
    train = labelled.filter((group) => !held.has(group.hash));
  }
  if (train.length === 0) throw tooFew('dataset.train', spec.train ?? 1, sizeOf(trainPool), 'for training');

  const unlabelled = chooseUnlabelled(pool('unlabelled'), () => pool('train'), spec);
  const missing = classes.filter((_, label) => !train.some((group) => group.label === label));
  if (missing.length > 0) {
    throw new UserError(
      `No training image is left of class ${missing
        .slice(0, 3)
        .map((name) => `"${name}"`)
        .join(', ')}`,
      {
        field: 'dataset.train',
        remedy: 'Add images of that class, raise dataset.train, or remove the class.',
      },
    );
  }
  return {
    rows: { train: rowsOf(train), validation: rowsOf(validation), test: rowsOf(test), unlabelled: rowsOf(unlabelled) },
    notes: notesOn(images, new Set(test.map((group) => group.hash)), spec),
  };
}

/** Images that came without labels first, then what `train` has left over. */
function chooseUnlabelled(own: Group[], leftOver: () => Group[], spec: DatasetSpec): Group[] {
  if (spec.unlabelled === 0) return [];
  const first = choose(own, Math.min(spec.unlabelled, sizeOf(own)), 'unlabelled', 'dataset.unlabelled');
  const rest = spec.unlabelled - sizeOf(first);
  if (rest === 0) return first;
  const mine = new Set(first.map((group) => group.hash));
  const others = leftOver().filter((group) => !mine.has(group.hash));
  if (rest > sizeOf(others)) {
    const available = sizeOf(first) + sizeOf(others);
    throw tooFew(
      'dataset.unlabelled',
      spec.unlabelled,
      available,
      'that are in no other split',
      spec.train === undefined,
    );
  }
  return [...first, ...choose(others, rest, 'unlabelled', 'dataset.unlabelled')];
}

function notesOn(images: readonly AllotImage[], inTest: ReadonlySet<string>, spec: DatasetSpec): string[] {
  const notes: string[] = [];
  const leaked = images.filter((image) => image.origin !== 'test' && inTest.has(image.hash)).length;
  if (leaked > 0 && images.some((image) => image.origin === 'test')) {
    notes.push(`${leaked} images outside the test split are copies of test images and are left out.`);
  }
  const labelOf = new Map<string, number>();
  const contradictory = new Set<string>();
  for (const { hash, label } of images) {
    if (label < 0) continue;
    if ((labelOf.get(hash) ?? label) !== label) contradictory.add(hash);
    labelOf.set(hash, label);
  }
  if (contradictory.size > 0) notes.push(`${contradictory.size} images are there in more than one class.`);
  const unused = images.filter((image) => image.origin === 'unlabelled').length;
  if (unused > 0 && spec.unlabelled === 0) {
    notes.push(`${unused} images without labels are not used: set dataset.unlabelled to use them.`);
  }
  return notes;
}

function groupByContent(images: readonly AllotImage[], origin: Origin, taken: ReadonlySet<string>): Group[] {
  const groups = new Map<string, Group>();
  for (const [row, image] of images.entries()) {
    if (image.origin !== origin || taken.has(image.hash)) continue;
    const group = groups.get(image.hash);
    if (group === undefined) groups.set(image.hash, { hash: image.hash, label: image.label, rows: [row] });
    else group.rows.push(row);
  }
  return [...groups.values()];
}

/**
 * Takes `count` images, of each class its share. Whole groups where they fit; where only groups of several copies are
 * left for the last places, some copies of one, and its others are used nowhere.
 */
function choose(groups: Group[], count: number, role: Split['name'], field: string): Group[] {
  const available = sizeOf(groups);
  if (count > available) throw tooFew(field, count, available, 'to choose from');
  if (count === available) return groups;
  const labels = [...new Set(groups.map((group) => group.label))].sort((a, b) => a - b);
  const byClass = new Map(labels.map((label) => [label, groups.filter((group) => group.label === label)]));
  const quotas = shares(
    labels.map((label) => sizeOf(byClass.get(label) ?? [])),
    count,
  );
  const chosen: Group[] = [];
  const left: Group[] = [];
  for (const [i, label] of labels.entries()) {
    let open = quotas[i];
    for (const group of inDrawnOrder(byClass.get(label) ?? [], role)) {
      if (group.rows.length <= open) {
        chosen.push(group);
        open -= group.rows.length;
      } else left.push(group);
    }
  }
  let open = count - sizeOf(chosen);
  for (const group of inDrawnOrder(left, role)) {
    if (open === 0) break;
    const part = { ...group, rows: group.rows.slice(0, open) };
    chosen.push(part);
    open -= part.rows.length;
  }
  return chosen;
}

/** A fixed shuffle: by a hash of the role and the content, so that no two roles favour the same images. */
function inDrawnOrder(groups: Group[], role: string): Group[] {
  const drawn = groups.map((group) => ({
    group,
    key: createHash('sha256').update(`distillery split 1\n${role}\n${group.hash}`).digest('hex'),
  }));
  return drawn.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ group }) => group);
}

/**
 * Divides `count` in proportion to `sizes` (largest remainder; the first of equals). Where `count` allows it, every
 * class gets at least one.
 */
export function shares(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * count) / total);
  const quotas = exact.map(Math.floor);
  const byRemainder = sizes.map((_, i) => i).sort((a, b) => exact[b] - quotas[b] - (exact[a] - quotas[a]) || a - b);
  let open = count - quotas.reduce((sum, quota) => sum + quota, 0);
  for (const i of byRemainder) if (open-- > 0) quotas[i]++;
  if (count >= sizes.length) {
    for (const i of quotas.keys()) {
      if (quotas[i] > 0 || sizes[i] === 0) continue;
      quotas[quotas.indexOf(Math.max(...quotas))]--;
      quotas[i]++;
    }
  }
  return quotas;
}

/** `undefined`: all; below 1: that part of them, one at least. */
function countOf(share: number | undefined, groups: Group[]): number {
  const all = sizeOf(groups);
  if (share === undefined) return all;
  return share < 1 ? Math.min(all, Math.max(1, Math.round(share * all))) : share;
}

function sizeOf(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + group.rows.length, 0);
}

function rowsOf(groups: readonly Group[]): Int32Array {
  return Int32Array.from(groups.flatMap((group) => group.rows)).sort();
}

function tooFew(field: string, asked: number, available: number, what: string, trainTakesAll = false): UserError {
  const remedy = trainTakesAll
    ? `Set dataset.train to a number: without one, all training images are labelled ones and none is left.`
    : `Set ${field} to ${available} at most, or add images.`;
  return new UserError(`${field} asks for ${asked} images, but there are ${available} ${what}`, { field, remedy });
}
