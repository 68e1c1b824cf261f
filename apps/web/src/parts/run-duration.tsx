import type { Run } from '#contracts';
import { duration } from '../format/quantities.js';
import { useNow } from '../format/use-now.js';

/** From the first start to the end; ticks while the run goes on. */
export function RunDuration({ run }: { run: Run }) {
  const isOpen = run.startedAt !== null && run.finishedAt === null;
  const now = useNow(isOpen);
  if (run.startedAt === null) return <span className="muted">–</span>;
  const elapsed = isOpen ? Math.max(0, now - Date.parse(run.startedAt)) : (run.durationMs ?? 0);
  return <>{duration(elapsed)}</>;
}
