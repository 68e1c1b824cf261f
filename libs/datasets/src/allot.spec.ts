import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UserError, type DatasetSpec } from '#contracts';
import { allot, shares, type AllotImage, type Allotment } from './allot.js';
import { permutation } from './permutation.js';
import type { Origin } from './source.js';

const CLASSES = ['a', 'b', 'c'];

function spec(counts: Partial<DatasetSpec>): DatasetSpec {
  return { path: '/images', format: 'folder', unlabelled: 0, validation: 0.1, ...counts } as DatasetSpec;
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** `count` images of each class, no two alike. */
function images(count: number, origin: Origin = 'train', salt = ''): AllotImage[] {
  return CLASSES.flatMap((_, label) =>
    Array.from({ length: count }, (_, i) => ({ origin, label, hash: hashOf(`${origin} ${salt} ${label} ${i}`) })),
  );
}

function contents(all: readonly AllotImage[], rows: Int32Array): Set<string> {
  return new Set(Array.from(rows, (row) => all[row].hash));
}

function sizes({ rows }: Allotment): number[] {
  return [rows.train.length, rows.validation.length, rows.test.length, rows.unlabelled.length];
}

function perClass(all: readonly AllotImage[], rows: Int32Array): number[] {
  return CLASSES.map((_, label) => rows.filter((row) => all[row].label === label).length);
}

describe('allot', () => {
  it('never puts one content on two sides, whatever the copies and the numbers', () => {
    for (let trial = 0; trial < 60; trial++) {
      const draw = permutation(1000, trial, 0);
      // 40 to 160 images over few contents: many copies, within and across splits, of the same and of other classes.
      const all: AllotImage[] = Array.from({ length: 40 + (draw[0] % 120) }, (_, i) => ({
        origin: (['train', 'train', 'train', 'test', 'validation', 'unlabelled'] as const)[
          draw[i + 1] % (3 + (trial % 4))
        ],
        label: draw[i + 200] % 3,
        hash: hashOf(String(draw[i + 400] % 70)),
      }));
      const asked = { train: 9 + (trial % 12), unlabelled: trial % 5, test: 3 + (trial % 4), validation: 0.25 };
      const allotment = attempt(() => allot(all, CLASSES, spec(asked)));
      if (allotment === undefined) continue;
      const sides = Object.values(allotment.rows).map((rows) => contents(all, rows));
      const union = new Set(sides.flatMap((side) => [...side]));
      expect(union.size).toBe(sides.reduce((sum, side) => sum + side.size, 0));
      const [train, validation, test, unlabelled] = sizes(allotment);
      expect([test, unlabelled]).toEqual([asked.test, asked.unlabelled]);
      // Copies of an image of which only some had room in the validation are used nowhere.
      const labelled = train + (trial % 4 >= 2 ? 0 : validation);
      const mostCopies = Math.max(...all.map(({ hash }) => all.filter((image) => image.hash === hash).length));
      expect(labelled).toBeLessThanOrEqual(asked.train);
      expect(labelled).toBeGreaterThan(asked.train - mostCopies);
    }
  });

  it('takes each class its share of every split', () => {
    const all = [...images(100), ...images(20, 'test')];
    const { rows } = allot(all, CLASSES, spec({ train: 90, validation: 15, unlabelled: 60, test: 30 }));
    expect(perClass(all, rows.train)).toEqual([25, 25, 25]);
    expect(perClass(all, rows.validation)).toEqual([5, 5, 5]);
    expect(perClass(all, rows.unlabelled)).toEqual([20, 20, 20]);
    expect(perClass(all, rows.test)).toEqual([10, 10, 10]);
  });

  it('depends on content alone: neither order nor file names move an image', () => {
    const all = images(50);
    const shuffled = [...permutation(all.length, 5, 0)].map((row) => all[row]);
    const asked = spec({ train: 60, unlabelled: 30, test: 0.2 });
    const [one, other] = [allot(all, CLASSES, asked), allot(shuffled, CLASSES, asked)];
    for (const name of ['train', 'validation', 'test', 'unlabelled'] as const) {
      expect(contents(shuffled, other.rows[name])).toEqual(contents(all, one.rows[name]));
    }
  });

  it('keeps the test set and nests the training sets when train changes', () => {
    const all = images(100);
    const small = allot(all, CLASSES, spec({ train: 30, validation: 3 }));
    const large = allot(all, CLASSES, spec({ train: 150, validation: 3 }));
    expect(small.rows.test).toEqual(large.rows.test);
    const largeSide = contents(all, Int32Array.from([...large.rows.train, ...large.rows.validation]));
    for (const hash of contents(all, small.rows.train)) expect(largeSide.has(hash)).toBe(true);
  });

  it('holds a fifth out for the test where the source has no test split', () => {
    expect(sizes(allot(images(50), CLASSES, spec({ validation: 0.1 })))).toEqual([108, 12, 30, 0]);
  });

  it("uses the source's own validation and test splits whole", () => {
    const all = [...images(20), ...images(5, 'validation'), ...images(7, 'test')];
    expect(sizes(allot(all, CLASSES, spec({})))).toEqual([60, 15, 21, 0]);
    expect(sizes(allot(all, CLASSES, spec({ validation: 6, test: 0.5 })))).toEqual([60, 6, 11, 0]);
  });

  it('leaves copies of test images out of the other splits and says so', () => {
    const test = images(4, 'test');
    const all = [...images(20), ...test.map((image) => ({ ...image, origin: 'train' as const })), ...test];
    const allotment = allot(all, CLASSES, spec({ validation: 6 }));
    expect(sizes(allotment)).toEqual([54, 6, 12, 0]);
    expect(allotment.notes).toEqual(['12 images outside the test split are copies of test images and are left out.']);
  });

  it('says that one content has two labels', () => {
    const all = images(10);
    const { notes } = allot([...all, { ...all[0], label: 1 }], CLASSES, spec({}));
    expect(notes).toEqual(['1 images are there in more than one class.']);
  });

  it('takes unlabelled images from their own folder first, then what train has left', () => {
    const own = images(2, 'unlabelled').map((image) => ({ ...image, label: -1 }));
    const all = [...images(20), ...own];
    const { rows } = allot(all, CLASSES, spec({ train: 30, test: 3, unlabelled: 10 }));
    expect(rows.unlabelled.filter((row) => all[row].origin === 'unlabelled')).toHaveLength(6);
    expect(rows.unlabelled).toHaveLength(10);
    expect(allot(all, CLASSES, spec({})).notes[0]).toMatch(/6 images without labels are not used/);
  });

  it.each([
    ['dataset.train', { train: 61 }, /asks for 61 images, but there are 48/],
    ['dataset.test', { test: 61 }, /asks for 61 images, but there are 60/],
    ['dataset.validation', { train: 30, validation: 30 }, /asks for 30 images, but there are 29/],
    ['dataset.unlabelled', { train: 30, unlabelled: 19 }, /asks for 19 images, but there are 18/],
    ['dataset.unlabelled', { unlabelled: 1 }, /asks for 1 images, but there are 0/],
    ['dataset.train', { train: 2, validation: 1 }, /No training image is left of class/],
  ])('names %s where %j is more than there is', (field, counts, message) => {
    const refused = (): Allotment => allot(images(20), CLASSES, spec(counts));
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ name: 'UserError', field, remedy: expect.stringMatching(/.+/) }));
  });
});

describe('shares', () => {
  it('divides by largest remainder, with one at least for every class', () => {
    expect(shares([50, 30, 20], 10)).toEqual([5, 3, 2]);
    expect(shares([1, 1, 1], 2)).toEqual([1, 1, 0]);
    expect(shares([1000, 1, 1], 3)).toEqual([1, 1, 1]);
    expect(shares([7, 7, 7], 20)).toEqual([7, 7, 6]);
  });
});

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
