import { createContext, useContext } from 'react';
import type { StreamStatus } from './event-stream.js';
import { RecentEvents } from './recent-events.js';

export interface Live {
  status: StreamStatus;
  recent: RecentEvents;
}

/** Outside a provider (the sign-in page) nothing is live. */
export const LiveContext = createContext<Live>({ status: 'connecting', recent: new RecentEvents() });

export function useLive(): Live {
  return useContext(LiveContext);
}
