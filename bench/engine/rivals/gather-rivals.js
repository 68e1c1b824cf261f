import { join } from 'node:path';
import { cacheFolder } from '#engine';
import { exportOnnx } from './export-onnx.js';
import { onnxruntimeNode, stockTfjs } from './npm-rivals.js';
import { pythonEnvironment } from './python-environment.js';

/**
 * Installs the rivals that the rows need. One that can't be had is left out, and why is said.
 * @param engines names of the engines that take part; absent: all
 * @returns `rivals` as `contendersOf` takes them, and `absences`: one line on each that is missing
 */
export async function gatherRivals({ rows, engines, python: given, workFolder, say }) {
  const folder = join(cacheFolder(), 'bench');
  const wants = (...names) => !engines || names.some((name) => engines.includes(name));
  const absences = [];
  const attempt = async (name, install) => {
    try {
      return await install();
    } catch (error) {
      const absence = `${name} is left out: ${error.message.split('\n').at(-1)}`;
      say(error.message);
      absences.push(absence);
      return undefined;
    }
  };

  const rivals = {};
  if (wants('tfjs-node')) rivals.stock = await attempt('tfjs-node', () => stockTfjs(folder, { say }));
  if (wants('pytorch', 'torch-compile', 'onnxruntime')) {
    rivals.python = await attempt('PyTorch', () => pythonEnvironment(folder, { given, say }));
  }
  const hasForwardRows = rows.some(({ mode }) => mode === 'forward');
  if (wants('onnxruntime') && hasForwardRows && rivals.python) {
    if (rivals.python.onnx) {
      rivals.onnxruntime = await attempt('onnxruntime', () => onnxruntimeNode(folder, { say }));
      rivals.onnxFiles = await exportOnnx(rows, { python: rivals.python.command, workFolder, say });
    } else absences.push(`onnxruntime is left out: ${rivals.python.command} has no package onnx to export with.`);
  }
  if (rivals.stock?.note) absences.push(rivals.stock.note);
  return { rivals, absences };
}
