import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { applyEvents } from './apply-events.js';
import { openEventStream, type StreamStatus } from './event-stream.js';
import { LiveContext } from './live-context.js';
import { RecentEvents } from './recent-events.js';

/** Holds the page's one event stream and keeps the query cache up to date with it. Nothing polls. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [status, setStatus] = useState<StreamStatus>('connecting');
  const [recent] = useState(() => new RecentEvents());

  useEffect(
    () =>
      openEventStream({
        url: '/api/v1/events',
        onStatus: setStatus,
        onOpen: () => void client.invalidateQueries(),
        onEvents: (events) => {
          for (const event of events) recent.add(event);
          applyEvents(client, events);
        },
      }),
    [client, recent],
  );

  const live = useMemo(() => ({ status, recent }), [status, recent]);
  return <LiveContext value={live}>{children}</LiveContext>;
}
