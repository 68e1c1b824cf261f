import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Engine } from '#engine';
import type { TensorflowBackend } from '../../libs/engine/src/load/tensorflow-backend.js';

/** One op of a graph that TensorFlow has been given. */
export interface CapturedNode {
  op: string;
  /** Names of the nodes, or of their outputs, that it takes. */
  inputs: string[];
}

interface Messages {
  SavedModel: { deserializeBinary(bytes: Uint8Array): { getMetaGraphsList(): { getGraphDef(): GraphDef }[] } };
}
interface GraphDef {
  getNodeList(): { getName(): string; getOp(): string; getInputList(): string[] }[];
}

/** The nodes, by name, of the graph that TensorFlow is given last while `work` goes on. */
export function nodesGivenBy<T>({ tf }: Engine, work: () => T): { result: T; nodes: Map<string, CapturedNode> } {
  const backend = tf.backend() as unknown as TensorflowBackend;
  const { binding } = backend;
  const { SavedModel } = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as Messages;
  const nodes = new Map<string, CapturedNode>();
  // The addon's own properties are read-only, hence an object in front of it.
  backend.binding = Object.create(binding, {
    loadSavedModel: {
      value: (folder: string, tags: string) => {
        const model = SavedModel.deserializeBinary(readFileSync(path.join(folder, 'saved_model.pb')));
        nodes.clear();
        for (const node of model.getMetaGraphsList()[0].getGraphDef().getNodeList()) {
          nodes.set(node.getName(), { op: node.getOp(), inputs: node.getInputList() });
        }
        return binding.loadSavedModel(folder, tags);
      },
    },
  }) as typeof binding;
  try {
    return { result: work(), nodes };
  } finally {
    backend.binding = binding;
  }
}
