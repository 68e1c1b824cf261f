import { z } from 'zod';
import { UserError } from '#contracts';
import type { Engine, Tensor, Variable } from '#engine';
import type { TfjsModel } from '#models';
import type { OutputKind } from './probabilities.js';
import type { TfjsDescription } from './tfjs-description.js';

/** A TensorFlow.js model that runs. */
export interface TfjsNetwork {
  /** What its own last operation makes of the logits. */
  outputs: OutputKind;
  featureSize: number;
  /** For one image. */
  multiplyAdds: number;
  /** What a captured function that calls `run` reads. */
  variables: Readonly<Record<string, Variable>>;
  /** @param images `[batch, size, size, 3]`, prepared */
  run(images: Tensor): { logits: Tensor; features: Tensor };
  dispose(): void;
}

type Answers = (images: Tensor) => { logits: Tensor; features: Tensor };

/** A probability of 0 has a logarithm of −∞; the smallest float32 that is not denormal takes its place. */
const SMALLEST_PROBABILITY = 1.2e-38;
const NodesSchema = z.object({
  node: z.array(z.object({ name: z.string(), op: z.string(), input: z.array(z.string()).default([]) })),
});

/**
 * Loads a model and tries it on one image of zeros.
 * @throws UserError where it does not map images of the described size to as many outputs as there are classes
 */
export async function loadTfjsNetwork(
  engine: Engine,
  folder: string,
  model: TfjsModel,
  description: TfjsDescription,
): Promise<TfjsNetwork> {
  const { tf } = engine;
  const refuse = (reason: string, cause?: unknown): never => {
    throw new UserError(`the TensorFlow.js model in ${folder} cannot be used: ${reason}`, { cause });
  };
  const { artifacts } = model;
  const handler = {
    load: async () =>
      ({ ...artifacts, weightData: Uint8Array.from(artifacts.weightData).buffer, format: model.format }) as never,
  };
  const loaded =
    model.format === 'graph-model'
      ? await loadGraph(engine, handler, artifacts.modelTopology, description, refuse)
      : await loadLayers(engine, handler, refuse);
  try {
    const { size } = description.image;
    const zeros = tf.zeros([1, size, size, 3]);
    let tried: ReturnType<Answers> | undefined;
    const { kernels } = await tf
      .profile(() => {
        tried = tf.tidy(() => loaded.run(zeros));
        return tried.logits;
      })
      .catch((cause: unknown) => refuse(`it fails on an image of ${size}×${size}: ${(cause as Error).message}`, cause));
    const { logits, features } = tried!;
    const shapes = [logits.shape, features.shape];
    const areProbabilities = isDistribution(logits.dataSync());
    tf.dispose([zeros, logits, features]);
    const classes = description.classes.length;
    if (shapes[0].join() !== `1,${classes}`) {
      refuse(`of one image it makes [${shapes[0]}], and ${classes} classes are named`);
    }
    const run: Answers = (images) => {
      const answer = loaded.run(images);
      return { ...answer, logits: tf.log(tf.maximum(answer.logits, SMALLEST_PROBABILITY)) };
    };
    return {
      ...loaded,
      ...(areProbabilities ? { run } : {}),
      featureSize: shapes[1][1]!,
      multiplyAdds: countMultiplyAdds(kernels),
    };
  } catch (error) {
    loaded.dispose();
    throw error;
  }
}

type Loaded = Pick<TfjsNetwork, 'outputs' | 'run' | 'variables' | 'dispose'>;
type Refuse = (reason: string, cause?: unknown) => never;
type Handler = Parameters<Engine['tf']['loadGraphModel']>[0] & object;

async function loadGraph(
  { tf }: Engine,
  handler: Handler,
  topology: unknown,
  description: TfjsDescription,
  refuse: Refuse,
): Promise<Loaded> {
  const parsed = NodesSchema.safeParse(topology);
  if (!parsed.success) return refuse('its topology is no graph', parsed.error);
  const nodes = new Map(parsed.data.node.map((node) => [node.name, node]));
  const graph = await tf
    .loadGraphModel(handler)
    .catch((cause: unknown) => refuse(`it does not load: ${(cause as Error).message}`, cause));
  const [input, ...others] = graph.inputs;
  const named = description.logits ?? (graph.outputs.length === 1 ? graph.outputs[0].name : undefined);
  if (input === undefined || others.length > 0) refuse(`it has ${graph.inputs.length} inputs, not one`);
  if (named === undefined) {
    return refuse(`it has several outputs (${graph.outputs.map(({ name }) => name).join(', ')}): name one as "logits"`);
  }
  const { node, outputs } = beforeActivation(named.replace(/:0$/, ''), nodes, refuse);
  const wanted = description.features === undefined ? [node] : [node, description.features];
  return {
    outputs,
    run(images) {
      const answered = graph.execute({ [input.name]: images }, wanted);
      const [logits, features = logits] = (Array.isArray(answered) ? answered : [answered]).map((y) => pooled(tf, y));
      return { logits, features: features === logits ? logits.clone() : features };
    },
    variables: {},
    dispose: () => graph.dispose(),
  };
}

/** The node that makes the logits: a softmax or sigmoid at the end is left out, since temperatures act before it. */
function beforeActivation(
  output: string,
  nodes: ReadonlyMap<string, { op: string; input: string[] }>,
  refuse: Refuse,
): { node: string; outputs: OutputKind } {
  let node = output;
  for (let step = 0; step <= nodes.size; step++) {
    const found = nodes.get(node) ?? refuse(`it has no node ${node}`);
    const before = found.input[0]?.replace(/:0$/, '');
    if (before === undefined) break;
    if (found.op === 'Softmax') return { node: before, outputs: 'softmax' };
    if (found.op === 'Sigmoid') return { node: before, outputs: 'sigmoid' };
    if (found.op !== 'Identity') break;
    node = before;
  }
  return { node: output, outputs: 'softmax' };
}

async function loadLayers({ tf }: Engine, handler: Handler, refuse: Refuse): Promise<Loaded> {
  const layers = await tf
    .loadLayersModel(handler as never)
    .catch((cause: unknown) => refuse(`it does not load: ${(cause as Error).message}`, cause));
  if (layers.inputs.length !== 1 || layers.outputs.length !== 1) refuse('it has several inputs or outputs');
  const { activation } = layers.layers.at(-1)!.getConfig();
  if (activation === 'sigmoid') refuse('its last layer is a sigmoid, whose logits cannot be had: save it without');
  const variables = layers.weights.map((weight) => [weight.name, weight.read() as Variable] as const);
  return {
    outputs: 'softmax',
    run(images) {
      const logits = pooled(tf, layers.predict(images) as Tensor);
      return { logits, features: logits.clone() };
    },
    variables: Object.fromEntries(variables),
    dispose: () => layers.dispose(),
  };
}

/**
 * Whether what should be logits are probabilities, of which a softmax would make something else: their logarithms are
 * logits, up to a constant that a softmax ignores.
 */
function isDistribution(answer: ArrayLike<number>): boolean {
  const values = Array.from(answer);
  const sum = values.reduce((total, value) => total + value, 0);
  return values.length > 1 && values.every((value) => value >= 0 && value <= 1) && Math.abs(sum - 1) < 1e-4;
}

/** `[batch, height, width, channels]` → `[batch, channels]`. */
function pooled(tf: Engine['tf'], y: Tensor): Tensor {
  return y.rank === 4 ? tf.mean(y, [1, 2]) : y;
}

/** Of the convolutions and matrix products that ran: outputs, times what each of them sums. */
function countMultiplyAdds(kernels: Awaited<ReturnType<Engine['tf']['profile']>>['kernels']): number {
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  return kernels.reduce((sum, { name, inputShapes, outputShapes }) => {
    const made = size(outputShapes[0] ?? []);
    const filter = inputShapes[1] ?? [];
    if (/^(Fused)?Conv2D$/.test(name)) return sum + made * size(filter.slice(0, 3));
    if (/^(Fused)?DepthwiseConv2d/i.test(name)) return sum + made * size(filter.slice(0, 2));
    if (/^(BatchMatMul|_FusedMatMul)$/.test(name)) return sum + made * (inputShapes[0]?.at(-1) ?? 0);
    return sum;
  }, 0);
}
