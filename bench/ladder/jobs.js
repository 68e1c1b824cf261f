import { join } from 'node:path';
import { ARMS, specOf, stepCount } from './arms.js';

/** Of runs that are tuned with, so that none of the seeds that are reported has had a say. */
export const TUNE_SEED = 1000;
/** Milliseconds of one processor for an image, roughly: for the time that is left, until runs have shown it. */
const COST = { mobilenet_v2: { train: 9, look: 2.5 }, resnet8: { train: 1.6 }, resnet20: { train: 5.5 } };

/**
 * The runs of a ladder, in the order in which they are begun. An arm with a teacher brings the arm of its teacher along,
 * each seed its own.
 * @returns jobs `{ name, arm, seed, spec, folder, needs, teacher, outputs, cost }`; teacher: the folder of its run
 */
export function ladderJobs({ arms, seeds, folder, quick }) {
  const wanted = withTeachers(arms);
  return wanted.flatMap((arm) => {
    const { teacher, deterministic } = ARMS[arm];
    return (deterministic ? seeds.slice(0, 1) : seeds).map((seed) => {
      const name = `${arm} seed ${seed}`;
      const place = (of) => join(folder, `${of}-seed-${seed}`);
      return jobOf({
        ...{ name, arm, seed, folder: place(arm), spec: specOf(arm, { quick }) },
        ...(teacher && { teacher: place(teacher), needs: [`${teacher} seed ${seed}`] }),
        // Students of one teacher share what it says. The others compute what they need themselves, and are timed with it.
        outputs: teacher ? join(folder, `outputs-seed-${seed}`) : join(place(arm), 'outputs'),
      });
    });
  });
}

/**
 * Trials: of each arm as it stands, and with each of its candidates. None is tested.
 * @returns jobs as `ladderJobs`, with `changes`, and `stopBeforeTest`
 */
export function tuningJobs({ arms, folder, quick }) {
  const trials = withTeachers(arms).flatMap((arm) => {
    const { candidates, teacher } = ARMS[arm];
    if (candidates.length === 0) return [];
    // A teacher that is not tuned itself is trained as it stands.
    const settings = arms.includes(arm) ? [{}, ...candidates] : [{}];
    const place = (of, index) => join(folder, 'tune', `${of}-${index}`);
    return settings.map((changes, index) =>
      jobOf({
        ...{ name: `${arm} trial ${index}`, arm, seed: TUNE_SEED, changes, stopBeforeTest: true },
        folder: place(arm, index),
        spec: specOf(arm, { changes, quick, tune: true }),
        ...(teacher && { teacher: place(teacher, 0), needs: [`${teacher} trial 0`] }),
        outputs: join(folder, 'tune', 'outputs'),
      }),
    );
  });
  // The teacher's first trial comes before its others, so that its students need not wait for them.
  return trials.sort((a, b) => Number(b.name.endsWith('trial 0')) - Number(a.name.endsWith('trial 0')));
}

function withTeachers(arms) {
  const all = new Set(arms.flatMap((arm) => [arm, ...(ARMS[arm].teacher ? [ARMS[arm].teacher] : [])]));
  return Object.keys(ARMS).filter((arm) => all.has(arm));
}

function jobOf(job) {
  const spec = job.teacher ? { ...job.spec, teacher: { run: `latest:ladder ${ARMS[job.arm].teacher}` } } : job.spec;
  return { needs: [], ...job, spec, cost: costOf(spec) };
}

function costOf(spec) {
  const { pipeline, dataset, backbone, student, training } = spec;
  const looked = dataset.train + (dataset.test ?? 10_000);
  if (pipeline === 'logistic') return looked * COST.mobilenet_v2.look;
  const trained = stepCount(spec) * training.batchSize * COST[(backbone ?? student).model].train;
  return pipeline === 'distillation' ? trained + (looked + dataset.unlabelled) * COST.mobilenet_v2.look : trained;
}
