import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ReportSchema } from '#contracts';
import type { LocalStudy } from '../../apps/cli/src/training/local-study.js';
import { writePictureFolder } from '../browser/picture-folder.js';
import { startCommand } from '../command.js';
import { buildPrograms } from '../services/test-services.js';

let folder: string;
let ended: Awaited<ReturnType<typeof startCommand>['ended']>;
beforeAll(async () => {
  await buildPrograms();
  folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-ladder-'));
  await writePictureFolder(path.join(folder, 'photos'), 12);
  const spec = `
name: ladder
dataset: { path: photos, validation: 6, test: 9 }
image: { size: 16 }
training: { epochs: 1, batchSize: 8 }
report: { maxSeconds: 0 }
ladder:
  student: { pipeline: distillation, teacher: { arm: transfer }, student: { model: small_cnn } }
  logistic: { pipeline: logistic, teacher: { arm: transfer }, features: penultimate }
  transfer: { pipeline: transfer, backbone: { model: small_cnn, weights: none }, training: { epochs: 2 } }
  ensemble:
    pipeline: distillation
    teacher:
      - { arm: student, weight: 2 }
      - { pipeline: transfer, backbone: { model: small_cnn, weights: none }, training: { epochs: 3 } }
      - { arm: transfer }
    student: { model: small_cnn }
claims: [{ better: student, than: logistic }]
`;
  await writeFile(path.join(folder, 'ladder.yaml'), spec);
  ended = await startCommand(['train', 'ladder.yaml', '--out', 'out'], folder).ended;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a ladder', () => {
  it('trains the arm that teaches first, and the others from it, on the same test images', async () => {
    expect(ended).toMatchObject({ code: 0 });
    const [transfer, student, logistic] = await Promise.all(
      ['out/arm-transfer', 'out/arm-student', 'out/arm-logistic'].map(reportIn),
    );
    expect(transfer).toMatchObject({ name: 'ladder', pipeline: 'transfer' });
    expect(student.teacher!.testTop1).toBe(transfer.test.top1);
    expect(logistic.pipeline).toBe('logistic');
    for (const arm of [student, logistic]) {
      expect(arm.testAnswers!.imagesHash).toBe(transfer.testAnswers!.imagesHash);
    }
  });

  it('trains an arm from a weighted ensemble of arms and of a teacher that is described in place', async () => {
    const [ensemble, described] = await Promise.all(['out/arm-ensemble', 'out/teacher'].map(reportIn));
    expect(ensemble.teacher!.name).toBe('small_cnn + small_cnn + small_cnn');
    expect(described.testAnswers!.imagesHash).toBe(ensemble.testAnswers!.imagesHash);
    const again = async (...teacher: object[]) => {
      const spec = { ...(await configOf('out/arm-ensemble')), name: 'again', teacher };
      await writeFile(path.join(folder, 'again.yaml'), JSON.stringify(spec));
      const { code } = await startCommand(['train', 'again.yaml', '--out', 'again'], folder).ended;
      expect(code).toBe(0);
      const { teacher: taughtBy, test } = await reportIn('again');
      await rm(path.join(folder, 'again'), { recursive: true });
      return { taughtBy, test };
    };
    const [student, inline, transfer] = ['arm-student', 'teacher', 'arm-transfer'].map((run) => `./out/${run}/model`);
    expect(await again({ path: student, weight: 2 }, { path: inline }, { path: transfer })).toEqual({
      taughtBy: ensemble.teacher,
      test: ensemble.test,
    });
    expect((await again({ path: student }, { path: inline, weight: 2 }, { path: transfer })).test).not.toEqual(
      ensemble.test,
    );
  });

  it('ends with the study, which can be had again from the folder', async () => {
    const transfer = await reportIn('out/arm-transfer');
    expect(ended.stdout).toMatch(/^arm-student: test top-1 .*report\.html$/m);
    expect(ended.stdout).toMatch(/^transfer +1\/1 +test top-1 +\d/m);
    expect(ended.stdout).toMatch(/^undecided: student better than logistic/m);
    expect(ended.stdout.trimEnd().split('\n').at(-1)).toBe('npx distillery study --from out');
    const again = await startCommand(['study', '--from', 'out'], folder).ended;
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain(again.stdout);
    const { stdout } = await startCommand(['study', '--from', 'out', '--json'], folder).ended;
    const study = JSON.parse(stdout) as LocalStudy;
    expect(study.arms.map(({ label, runs }) => [label, runs[0].state])).toEqual([
      ['transfer', 'completed'],
      ['student', 'completed'],
      ['logistic', 'completed'],
      ['ensemble', 'completed'],
    ]);
    expect(study.arms[0].results[0]).toMatchObject({ metric: 'test.top1', mean: transfer.test.top1, interval: null });
    expect(study.claims[0]).toMatchObject({ verdict: 'undecided', seeds: 1 });

    const shown = await startCommand(['show', '--from', 'out/arm-student'], folder).ended;
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^ladder: completed\n {2}test +top-1 /);
    expect(shown.stdout).toMatch(/^ {2}report +.*out.arm-student.report\.html/m);
    const none = await startCommand(['study', '--from', 'photos'], folder).ended;
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('experiment.yaml') as string });
  });

  it('keeps a spec of each arm that is trained again without the others', async () => {
    const alone = await startCommand(['train', 'out/arm-student/config.yaml', '--out', 'alone'], folder).ended;
    expect(alone).toMatchObject({ code: 0 });
    expect((await reportIn('alone')).test).toEqual((await reportIn('out/arm-student')).test);
  });
});

async function configOf(run: string) {
  return parse(await readFile(path.join(folder, run, 'config.yaml'), 'utf8')) as object;
}

async function reportIn(run: string) {
  return ReportSchema.parse(JSON.parse(await readFile(path.join(folder, run, 'report.json'), 'utf8')));
}
