import { dateTime, relativeTime } from '../format/times.js';
import { useNow } from '../format/use-now.js';

export function TimeAgo({ iso }: { iso: string }) {
  const now = useNow();
  return (
    <time dateTime={iso} title={dateTime(iso)}>
      {relativeTime(iso, now)}
    </time>
  );
}
