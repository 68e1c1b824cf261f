import { join } from 'node:path';
import { runCommand } from '../run-command.js';

/**
 * Writes each forward row's network as ONNX.
 * @returns row name → file; a row whose network cannot be exported is left out, and said
 */
export async function exportOnnx(rows, { python, workFolder, say }) {
  const files = new Map();
  for (const row of rows.filter(({ mode }) => mode === 'forward')) {
    const file = join(workFolder, `${row.model}.onnx`);
    const script = join(import.meta.dirname, 'export_onnx.py');
    try {
      await runCommand(python, ['-B', script, JSON.stringify(row), file], { timeoutMs: 600_000 });
      files.set(row.name, file);
    } catch (error) {
      say(`${row.name} cannot be exported to ONNX: ${error.message}`);
    }
  }
  return files;
}
