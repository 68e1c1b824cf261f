import type { PlatformEvent } from '#contracts';
import { expect, it } from 'vitest';
import { RecentEvents } from './recent-events.js';

const artifacts = (runId: string): PlatformEvent => ({ type: 'artifacts', runId });
const collect = (ids: string[], event: PlatformEvent) => (event.type === 'artifacts' ? [...ids, event.runId] : ids);

it('replays what arrived while a request was under way, and nothing older', async () => {
  let now = 0;
  const recent = new RecentEvents(() => now);
  recent.add(artifacts('before'));
  now = 10;
  const ask = () => {
    now = 20;
    recent.add(artifacts('meanwhile'));
    return Promise.resolve<string[]>([]);
  };
  expect(await recent.replayOnto(ask, collect)).toEqual(['meanwhile']);
});
