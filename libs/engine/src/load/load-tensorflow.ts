import { createRequire } from 'node:module';
import type { InstalledEngine } from '../install/find-engine.js';
import type { Tf } from '../engine.js';
import type { TensorflowBackend } from './tensorflow-backend.js';

const require = createRequire(import.meta.url);

/**
 * Loads tfjs-node with an installed engine's binding. tfjs-node asks node-pre-gyp where its binding is, always in its
 * own package folder; answering that question ourselves needs no write access to node_modules, and an upgrade or
 * another process cannot pull the file away under us.
 */
export function loadTensorflow(installed: InstalledEngine): { tf: Tf; version: string; usesGpu: boolean } {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  restoreRemovedUtilities();
  const finder = require.resolve('@mapbox/node-pre-gyp', {
    paths: [require.resolve('@tensorflow/tfjs-node-gpu/package.json')],
  });
  const original = require.cache[finder];
  require.cache[finder] = { exports: { find: () => installed.binding } } as NodeJS.Module;
  try {
    require('@tensorflow/tfjs-node-gpu');
  } finally {
    if (original) require.cache[finder] = original;
    else delete require.cache[finder];
  }
  const tf = require('@tensorflow/tfjs') as Tf;
  const { binding } = tf.backend() as unknown as TensorflowBackend;
  return { tf, version: binding.TF_Version, usesGpu: binding.isUsingGpuDevice() };
}

/** tfjs-node uses two functions of `node:util` that newer Nodes warn about or lack. */
function restoreRemovedUtilities(): void {
  const util = require('node:util') as Record<string, unknown>;
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}
