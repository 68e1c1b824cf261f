import type { EngineReport } from '#engine';
import type { SlotPlan } from '#trainer-process';
import type { Terminal } from '../terminal/terminal.js';
import { bytes } from '../terminal/units.js';
import { gpuLine, speedLines, trainersLine } from './engine-lines.js';

/** A line for each fact, then each problem with what to do about it. */
export function printEngineReport(terminal: Terminal, report: EngineReport, trainers: SlotPlan): void {
  const { installed, cpu, memory, gpus, oneDnn, bfloat16, speed, problems } = report;
  const print = (name: string, ...lines: string[]) => {
    for (const [index, line] of lines.entries()) terminal.print(`${(index === 0 ? name : '').padEnd(10)} ${line}`);
  };
  const features = Object.entries(cpu.features).flatMap(([feature, there]) => (there ? [feature] : []));
  print('engine', terminal.paint('bold', report.reason));
  if (installed !== undefined) print('folder', installed.folder);
  print('cache', report.cacheFolder);
  print('platform', `${report.platform}, Node ${report.node}, tfjs ${report.tfjs}`);
  print('processor', `${cpu.model}, ${cpu.threads} threads${features.length > 0 ? `: ${features.join(' ')}` : ''}`);
  if (installed !== undefined) {
    print('oneDNN', oneDnn === undefined ? 'as TensorFlow decides' : oneDnn ? 'on' : 'off');
    print('bfloat16', `${bfloat16.pays ? 'pays' : 'does not pay'}: ${bfloat16.reason}`);
  }
  print('memory', `${bytes(memory.freeBytes)} of ${bytes(memory.totalBytes)} free`);
  print('GPU', ...(gpus.length === 0 ? ['none'] : gpus.map(gpuLine)));
  print('trainers', trainersLine(trainers));
  if (speed !== undefined) print('speed', ...speedLines(speed));
  print('pip', report.pip ?? 'not found');
  print('compiler', report.compiler ?? 'not found');
  for (const { severity, problem, remedy } of problems) {
    terminal.print();
    terminal.print(`${terminal.paint(severity === 'error' ? 'red' : 'yellow', severity)}: ${problem}`);
    terminal.print(`  → ${remedy}`);
  }
}
