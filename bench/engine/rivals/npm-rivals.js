import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findEngine, withLock } from '#engine';
import { runCommand } from '../run-command.js';

const ONNXRUNTIME = '1.30.0';
const TFJS_NODE = '4.22.0';
const MINUTE = 60_000;

/**
 * onnxruntime-node in the bench's own folder: its npm package holds the library for CPUs, and its install script would
 * only fetch CUDA's.
 * @returns `{ folder, version }`
 */
export async function onnxruntimeNode(folder, { say }) {
  const prefix = join(folder, `onnxruntime-node-${ONNXRUNTIME}`);
  const installed = await npmPackage(prefix, 'onnxruntime-node', ONNXRUNTIME, {
    isComplete: (path) => existsSync(join(path, 'bin')),
    options: ['--ignore-scripts'],
    beforehand: () => say(`Installing onnxruntime-node ${ONNXRUNTIME} into ${prefix}: 290 MB.`),
  });
  return { folder: installed, version: ONNXRUNTIME };
}

/**
 * Stock tfjs-node: the official one with its TensorFlow 2.9 where its binary can be downloaded, else the same JavaScript
 * on our binding.
 * @returns `{ load, setting, version, note }`: how stock-tfjs.js is to load it, what it must be called, and why
 */
export async function stockTfjs(folder, { say }) {
  const prefix = join(folder, `tfjs-node-${TFJS_NODE}`);
  try {
    const official = await npmPackage(prefix, '@tensorflow/tfjs-node', TFJS_NODE, {
      isComplete: (path) => existsSync(join(path, 'lib', 'napi-v8', 'tfjs_binding.node')),
      options: ['--ignore-scripts=false'],
      beforehand: () => say(`Installing @tensorflow/tfjs-node ${TFJS_NODE} into ${prefix}: about 500 MB.`),
    });
    return { load: { official }, setting: 'eager', version: `tfjs-node ${TFJS_NODE}, TensorFlow 2.9.1` };
  } catch (error) {
    const engine = await findEngine();
    if (!engine) throw error;
    const note =
      `tfjs-node is its JavaScript ${TFJS_NODE}, eager, on TensorFlow ${engine.tensorflow}: ` +
      `the official package with TensorFlow 2.9.1 cannot be installed here (${reason(error)}).`;
    say(note);
    return {
      note,
      load: { binding: engine.binding },
      setting: `eager on TensorFlow ${engine.tensorflow}`,
      version: `tfjs-node ${TFJS_NODE} (its JavaScript only)`,
    };
  }
}

async function npmPackage(prefix, name, version, { isComplete, options, beforehand }) {
  const path = join(prefix, 'node_modules', ...name.split('/'));
  await withLock(`${prefix}.lock`, async () => {
    if (isComplete(path)) return;
    beforehand();
    const args = ['install', '--prefix', prefix, '--no-audit', '--no-fund', ...options, `${name}@${version}`];
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    await runCommand(npm, args, { timeoutMs: 10 * MINUTE });
    if (!isComplete(path)) throw new Error(`${name} came without its binary`);
  });
  return path;
}

/** What npm or the network said, in one line. */
function reason({ message, output = '' }) {
  return /\b(?:ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|E40\d)\b[^\n]*/.exec(output)?.[0] ?? message.split('\n')[0];
}
