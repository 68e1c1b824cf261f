import { PreparationSchema, UserError, type ImageSpec, type Preparation } from '#contracts';
import type { RunContext } from '../run-context.js';

/** A mean or deviation that was written with three digits is that of the weights. */
const ROUNDING = 1e-3;

type Value = number | string | readonly number[];

/** How a spec's images are prepared where no weights say it. */
export function preparationOf(image: ImageSpec): Preparation {
  return PreparationSchema.parse(image);
}

/** Pretrained weights see images as in their own training: with its mean and deviation. */
export function preparedAs(
  own: { mean: readonly number[]; std: readonly number[] },
  image: Preparation,
  context: Pick<RunContext, 'log'>,
): Preparation {
  const mean = [...own.mean] as Preparation['mean'];
  const std = [...own.std] as Preparation['std'];
  if (mean.join() !== image.mean.join() || std.join() !== image.std.join()) {
    context.log(
      'info',
      `Images are prepared as the weights expect: mean ${mean.join(', ')}, deviation ${std.join(', ')}`,
    );
  }
  return { ...image, mean, std };
}

/**
 * What a spec leaves out is as the weights have it; what it writes must not contradict them.
 * @param own what of the preparation the weights decide
 * @param whose they are, in words
 * @throws UserError that says both sides
 */
export function checkPreparation(image: ImageSpec, own: { [Name in keyof Preparation]?: Value }, whose: string): void {
  const written = writtenIn(image);
  const differing = (['size', 'resize', 'mean', 'std'] as const).flatMap((name) => {
    const [said, had] = [written[name], own[name]];
    return said === undefined || had === undefined || alike(said, had) ? [] : [{ name, said, had }];
  });
  if (differing.length === 0) return;
  const side = (of: 'said' | 'had') => differing.map((each) => `${each.name} ${inWords(each[of])}`).join(' and ');
  const fields = differing.map(({ name }) => `image.${name}`);
  throw new UserError(`the spec says ${side('said')}; with ${whose} it is ${side('had')}`, {
    field: fields[0],
    remedy: `Leave ${fields.join(' and ')} out of the spec, or write the same: images are prepared as for the weights' training.`,
  });
}

/** What a spec surely says itself: a size or a way of resizing that is the default may have been left out. */
function writtenIn({ size, resize, mean, std }: ImageSpec): Partial<Preparation> {
  const defaults = PreparationSchema.parse({});
  return {
    ...(size === defaults.size ? {} : { size }),
    ...(resize === defaults.resize ? {} : { resize }),
    ...{ mean, std },
  };
}

function alike(a: Value, b: Value): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  const others = [b].flat();
  return [a].flat().every((value, index) => Math.abs(value - others[index]) <= ROUNDING);
}

function inWords(value: Value): string {
  return [value]
    .flat()
    .map((part) => (typeof part === 'number' ? String(Number(part.toPrecision(4))) : part))
    .join(', ');
}
