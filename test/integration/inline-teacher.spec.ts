import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportSchema } from '#contracts';
import { writePictureFolder } from '../browser/picture-folder.js';
import { startCommand } from '../command.js';
import { buildPrograms } from '../services/test-services.js';

let folder: string;
beforeAll(async () => {
  await buildPrograms();
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-inline-teacher-'));
  await writePictureFolder(path.join(folder, 'photos'), 12);
  const spec = `
name: student
pipeline: distillation
dataset: { path: photos, validation: 6, test: 9 }
image: { size: 16 }
teacher:
  pipeline: transfer
  backbone: { model: small_cnn, weights: none }
  training: { epochs: 2, batchSize: 8 }
student: { model: small_cnn }
training: { epochs: 1, batchSize: 8 }
report: { maxSeconds: 0 }
matrix: { loss.temperature: [2, 4] }
`;
  await writeFile(path.join(folder, 'student.yaml'), spec);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const train = (...more: string[]) => startCommand(['train', 'student.yaml', '--out', 'out', ...more], folder).ended;
const reportOf = async (run: string) =>
  ReportSchema.parse(JSON.parse(await readFile(path.join(folder, 'out', run, 'report.json'), 'utf8')));

describe('a teacher that a spec describes in place', () => {
  it('is trained first, once for all of its students, and kept', async () => {
    const ended = await train();
    expect(ended).toMatchObject({ code: 0 });
    const teacher = await reportOf('teacher');
    expect(teacher).toMatchObject({ name: 'student teacher', pipeline: 'transfer', seed: 0 });
    expect(existsSync(path.join(folder, 'out', 'teacher-2'))).toBe(false);
    const students = await Promise.all(['temperature-2', 'temperature-4'].map(reportOf));
    for (const student of students) {
      expect(student.teacher!.testTop1).toBe(teacher.test.top1);
      expect(student.dataset.contentHash).toBe(teacher.dataset.contentHash);
    }
    expect(students[1].teacherCache!.hitRate).toBe(1);
  });

  it('is not trained again by --resume', async () => {
    const model = path.join(folder, 'out', 'teacher', 'model', 'weights.safetensors');
    const { mtimeMs } = await stat(model);
    await rm(path.join(folder, 'out', 'temperature-4'), { recursive: true });
    const ended = await train('--resume');
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain('student teacher: has completed already');
    expect((await stat(model)).mtimeMs).toBe(mtimeMs);
    expect((await reportOf('temperature-4')).teacher!.name).toBe('small_cnn');
  });
});
