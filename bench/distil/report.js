import { goalText, machineText, table } from '../table.js';

/** The result as Markdown: what was measured, the epochs, the study, the goals. */
export function distilMarkdown({ machine, versions, options, work, rows, study, goals, teacherDifference }) {
  const { threads, precision, rounds, quick } = options;
  return [
    machineText(machine),
    `${versions.distillery}; ${versions.pytorch}. ${threads} threads, ${precision}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'} in turn. ` +
      `Teacher ${work.teacher.model}@${work.teacher.size}, student ${work.student.model}, batches of ${work.student.batchSize}, ` +
      `the same CIFAR-10 images and the same teacher on both sides: its logits differ by ${teacherDifference.toExponential(1)} at most.`,
    ...(rows.length === 0 ? [] : [epochsText(rows, work.epochs)]),
    ...(study === undefined ? [] : [studyText(study, work.study)]),
    quick ? 'These are a few images: the figures mean nothing.' : goals.map(goalText).join('\n'),
  ].join('\n\n');
}

function epochsText(rows, { images }) {
  return table(
    [`${images.toLocaleString('en')} images`, 'distillery', 'PyTorch', 'PyTorch ÷ distillery', 'lowest to highest'],
    rows.map(({ name, ours, torch, ratio, lowest, highest }) => [
      name,
      speedText(ours),
      `${speedText(torch)}, ${torch.setting}`,
      `${ratio.toFixed(2)}×`,
      `${lowest.toFixed(2)} to ${highest.toFixed(2)}`,
    ]),
  );
}

function speedText({ seconds, imagesPerSecond }) {
  return `${seconds.toFixed(1)} s (${imagesPerSecond.toFixed(0)} images/s)`;
}

function studyText({ runs, ours, torch, ratio }, { images, epochs }) {
  const row = (name, { seconds, teacherImages, testTop1 }) => [
    name,
    `${seconds.toFixed(1)} s`,
    teacherImages.toLocaleString('en'),
    `${(100 * testTop1).toFixed(1)} %`,
  ];
  return table(
    [
      `${runs} runs, ${images.toLocaleString('en')} images, ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`,
      'wall time',
      'images the teacher was asked for',
      "students' mean test top-1",
    ],
    [row(`distillery, ${ratio.toFixed(2)} of PyTorch's time`, ours), row(`PyTorch, ${torch.setting}`, torch)],
  );
}
