/**
 * Does jobs side by side, each once those that it needs are done; of those that may begin, the first one does.
 * @param jobs `{ name, needs?: names of other jobs }`; a name among `needs` that no job has is taken as done
 * @param slots how many at once
 * @param work does a job; where it fails, no other is begun, and those under way are waited for
 * @throws what `work` threw first
 */
export async function sideBySide(jobs, slots, work) {
  const waiting = [...jobs];
  const open = new Set(jobs.map(({ name }) => name));
  const under = new Set();
  let failure;
  const begin = (job) => {
    waiting.splice(waiting.indexOf(job), 1);
    const done = work(job).then(
      () => open.delete(job.name),
      (error) => (failure ??= { error }),
    );
    const settled = done.then(() => under.delete(settled));
    under.add(settled);
  };
  for (;;) {
    while (failure === undefined && under.size < slots) {
      const next = waiting.find(({ needs = [] }) => !needs.some((name) => open.has(name)));
      if (next === undefined) break;
      begin(next);
    }
    if (under.size === 0) break;
    await Promise.race(under);
  }
  if (failure !== undefined) throw failure.error;
  if (waiting.length > 0) throw new Error(`these wait for one another: ${waiting.map(({ name }) => name).join(', ')}`);
}
