import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { beginRun, registerWorker } from '../../../../test/database.js';
import { logistic } from '../../../../test/specs.js';

let api: TestApi;
const token = 'correct-horse-battery-staple';
const authorization = { authorization: `Bearer ${token}` };
beforeAll(async () => {
  api = await startTestApi({ env: { DISTILLERY_TOKEN: token } });
});
afterAll(() => api.close());

async function metrics(): Promise<string[]> {
  const response = await fetch(`${api.url}/metrics`, { headers: authorization });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return (await response.text()).split('\n');
}

describe('the metrics', () => {
  it('count runs by state, messages of the queue, workers and their slots', async () => {
    const spec = { ...logistic, seeds: [0, 1, 2] };
    const { body } = await api.send<{ runs: { id: string }[] }>('POST', 'experiments', spec, authorization);
    // Published before it is cancelled, so that there is a message to take back.
    await vi.waitFor(async () => expect(await metrics()).toContain('distillery_queue_messages{state="waiting"} 3'));
    await beginRun(api.database.database, body.runs[0].id, await registerWorker(api.database.database));
    await api.send('POST', `runs/${body.runs[1].id}/cancel`, undefined, authorization);
    await vi.waitFor(async () => {
      const lines = await metrics();
      expect(lines).toEqual(
        expect.arrayContaining([
          'distillery_runs{state="queued"} 1',
          'distillery_runs{state="running"} 1',
          'distillery_runs{state="cancelled"} 1',
          'distillery_runs{state="failed"} 0',
          'distillery_workers{accelerator="cpu"} 1',
          'distillery_worker_slots{state="busy"} 1',
          'distillery_worker_slots{state="free"} 0',
          // No worker has taken a message: the run that was begun here was begun by hand.
          'distillery_queue_messages{state="waiting"} 2',
        ]),
      );
    });
  });

  it('measure requests by route, not by path', async () => {
    await api.get('runs/01930000-0000-7000-8000-000000000000', authorization);
    await api.get('no-such-thing', authorization);
    const lines = await metrics();
    const counted = lines.filter((line) => line.startsWith('distillery_http_request_duration_seconds_count'));
    expect(counted.some((line) => line.includes('route="/api/v1/runs/:id",status="404"'))).toBe(true);
    expect(counted.join('\n')).not.toMatch(/01930000|no-such-thing/);
  });

  it('are for those who have the token', async () => {
    expect((await fetch(`${api.url}/metrics`)).status).toBe(401);
  });
});
