import { ARMS } from './arms.js';

/**
 * What the trials say, each by its last validation; best is the highest top-1, of equals the lower loss.
 * @param jobs as `tuningJobs`
 * @param results by the jobs' names: `{ validation, seconds }`
 */
export function summariseTrials(jobs, results) {
  const arms = [...new Set(jobs.map(({ arm }) => arm))].map((name) => {
    const trials = jobs
      .filter(({ arm }) => arm === name)
      .map((job) => {
        const { validation, seconds } = results.get(job.name);
        return { changes: job.changes, validation, seconds };
      });
    const best = trials.reduce((first, second) => (isBetter(second.validation, first.validation) ? second : first));
    return { name, title: ARMS[name].title, trials: trials.map((trial) => ({ ...trial, best: trial === best })) };
  });
  return { validationImages: jobs[0]?.spec.dataset.validation ?? 0, arms };
}

function isBetter(one, other) {
  return one.top1 > other.top1 || (one.top1 === other.top1 && one.loss < other.loss);
}
