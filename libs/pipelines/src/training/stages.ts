import type { Model } from '#models';

/** A part of a network that is thawed, and given a learning rate, as one. */
export interface Stage {
  name: string;
  /** Names of its trainable parameters. */
  parameters: string[];
}

/**
 * A network's stages in the order of its layers, its head last; by the names of its parameters, which are torchvision's:
 * `layer1` of a ResNet, `block1` of a wide one, `stage2` of a ShuffleNet, `Mixed_5` of an Inception. MobileNets number
 * their blocks on (`features.4`): a row of their papers' tables is one stage, also where the next row is as wide, as in
 * the narrow forms. What precedes the first stage's convolutions, or follows the last ones, is a stage of its own, except
 * for a lone batch normalisation, which belongs to the convolution before it.
 */
export function stagesOf({ parameters, head, rows }: Pick<Model, 'parameters' | 'head' | 'rows'>): Stage[] {
  const stages: Stage[] = [];
  const blocks = blocksOf(Object.keys(parameters).filter((name) => !head.includes(name)));
  for (const [name, names] of blocks) {
    if (numbered(name) && !rows.includes(name)) stages.at(-1)!.parameters.push(...names);
    else stages.push({ name, parameters: names });
  }
  return [...stages, { name: 'head', parameters: [...head] }];
}

/** Parameters by the block that they are of, in their order. */
function blocksOf(names: readonly string[]): Map<string, string[]> {
  const blocks = new Map<string, string[]>();
  let current = '';
  for (const name of names) {
    const block = blockOf(name);
    // bn1 beside conv1: the same layer under another name.
    if (current === '' || !/^bn\d*$/.test(block)) current = block;
    const known = blocks.get(current);
    if (known === undefined) blocks.set(current, [name]);
    else known.push(name);
  }
  return blocks;
}

/** `features.4` of `features.4.conv.0.0.weight`, `Mixed_5` of `Mixed_5b.…`, `layer1` of `layer1.0.conv1.weight`. */
function blockOf(name: string): string {
  const [first, second] = name.split('.');
  if (numbered(name)) return `${first}.${second}`;
  return /^(Conv2d|Mixed_\d)/.exec(first)?.[0] ?? first;
}

function numbered(name: string): boolean {
  return /^features\.\d+/.test(name);
}

/**
 * What multiplies the learning rate of each parameter: `headFactor` for the head, and for a stage `decay` to the power of
 * its distance from the head (1 for the stage before it), as ULMFiT's discriminative rates (Howard & Ruder, 2018) and the
 * layer-wise decay of later work have it.
 */
export function stageRates(stages: readonly Stage[], decay: number, headFactor: number): Record<string, number> {
  const head = stages.length - 1;
  return Object.fromEntries(
    stages.flatMap(({ parameters }, index) =>
      parameters.map((name) => [name, index === head ? headFactor : decay ** (head - index)] as const),
    ),
  );
}
